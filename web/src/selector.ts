// Selections of jobs: one form for equal ones, their words on the wire, and whether a job is in one. The service
// decides what is given; this only mirrors its rules, so that one subscription can serve many watches.

import type { Job, Selector, Status } from "./job.ts";

/** A selection in the one form that equal ones share: lists sorted and without repetition, `active` spelled out. */
export interface Selection {
  readonly job?: readonly string[];
  readonly kind?: string;
  readonly subject?: string;
  readonly owner?: string;
  readonly parent?: string;
  readonly status?: readonly Status[];
}

const FIELDS = ["job", "kind", "subject", "owner", "parent", "status"] as const;
const ACTIVE: readonly Status[] = ["queued", "running", "cancelling"];
/** Whatever a name, a kind or a status can be. */
const WORD = /^[A-Za-z0-9][\w.:-]{0,63}$/;

export function normal(selector: Selector): Selection {
  const selection: { [field: string]: string | readonly string[] } = {};
  for (const field of FIELDS) {
    const value = selector[field];
    if (value === undefined) continue;
    if (field !== "job" && field !== "status") selection[field] = String(value);
    else {
      const spelled = (word: unknown) => (field === "status" && word === "active" ? ACTIVE : String(word));
      const words = [value].flat().flatMap(spelled);
      if (words.length || field === "job") selection[field] = [...new Set(words)].sort();
    }
  }
  return selection;
}

/** The same text for equal selections, and for no others. */
export function keyOf(selection: Selection): string {
  return JSON.stringify(selection);
}

/** The conditions as pairs of a query. */
export function pairsOf(selection: Selection): [name: string, word: string][] {
  return Object.entries(selection).flatMap(([name, value]) =>
    [value].flat().map((word): [string, string] => [name, word as string]));
}

/** Whether the service could take it at all: a malformed one costs others their connection. */
export function isSound(selection: Selection): boolean {
  return pairsOf(selection).every(([, word]) => WORD.test(word));
}

export function matches(job: Job, { job: ids, status, ...labels }: Selection): boolean {
  if (ids && !ids.includes(job.id) || status && !status.includes(job.status)) return false;
  for (const label in labels) {
    const field = label as keyof typeof labels;
    if (labels[field] !== job[field]) return false;
  }
  return true;
}
