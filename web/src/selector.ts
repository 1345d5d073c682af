// Selections of jobs: one form for equal ones, their words on the wire, and whether a job is in one. The service decides
// what is given; this only mirrors its rules, so that one subscription can serve many watches.

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

type Label = "kind" | "subject" | "owner" | "parent";

const LABELS: readonly Label[] = ["kind", "subject", "owner", "parent"];
const ACTIVE: readonly Status[] = ["queued", "running", "cancelling"];
const STATUSES: readonly string[] = [...ACTIVE, "completed", "failed", "cancelled"];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const KIND = /^(?=.{1,64}$)[a-z][a-z0-9_-]*(:[a-z][a-z0-9_-]*){0,3}$/;

function sorted<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort();
}

function listed<T extends string>(value: T | readonly T[] | undefined): readonly T[] | undefined {
  return typeof value === "string" ? [value] : value;
}

export function normal(selector: Selector): Selection {
  const selection: { -readonly [field in keyof Selection]: Selection[field] } = {};
  const job = listed(selector.job);
  if (job) selection.job = sorted(job);
  for (const label of LABELS) if (selector[label] !== undefined) selection[label] = selector[label];
  const status = listed(selector.status)?.flatMap((word) => (word === "active" ? ACTIVE : [word]));
  if (status?.length) selection.status = sorted(status);
  return selection;
}

/** The same text for equal selections, and for no others. */
export function keyOf(selection: Selection): string {
  return JSON.stringify([selection.job, ...LABELS.map((label) => selection[label]), selection.status]);
}

/** What the service would refuse as malformed, which would cost others their connection; null = nothing. */
export function flaw(selection: Selection): string | null {
  for (const id of selection.job ?? []) if (!NAME.test(id)) return `no job can have the id ${JSON.stringify(id)}`;
  for (const label of LABELS) {
    const value = selection[label];
    if (value !== undefined && !(label === "kind" ? KIND : NAME).test(value)) return `no ${label} is ${JSON.stringify(value)}`;
  }
  const odd = selection.status?.find((status) => !STATUSES.includes(status));
  return odd === undefined ? null : `there is no status ${JSON.stringify(odd)}`;
}

/** The conditions as pairs of a query. */
export function pairsOf(selection: Selection): [string, string][] {
  return Object.entries(selection).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value as readonly string[]).map((word): [string, string] => [name, word]));
}

export function matches(job: Job, selection: Selection): boolean {
  return (!selection.job || selection.job.includes(job.id))
    && (!selection.status || selection.status.includes(job.status))
    && LABELS.every((label) => selection[label] === undefined || selection[label] === job[label]);
}

/** Whether whatever is in `narrow` is in `wide`, too. */
export function covers(wide: Selection, narrow: Selection): boolean {
  const within = (outer: readonly string[] | undefined, inner: readonly string[] | undefined) =>
    !outer || (inner?.every((word) => outer.includes(word)) ?? false);
  return within(wide.job, narrow.job) && within(wide.status, narrow.status)
    && LABELS.every((label) => wide[label] === undefined || wide[label] === narrow[label]);
}
