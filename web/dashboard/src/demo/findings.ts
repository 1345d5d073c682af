// What a notice of an audit says of a finding, and what the audits of a person come to. Pure.

import type { Job, Json, JsonObject } from "../../../src/job.ts";

export interface Finding {
  /** The job, and the number of the notice in it. */
  readonly key: string;
  readonly job: string;
  readonly number: number;
  readonly target: string;
  readonly at: string;
  /** `vulnerability`, `unmaintained`, …, or `fixed`. */
  readonly kind: string;
  readonly severity: string;
  readonly score: number | null;
  readonly advisory: string;
  readonly package: string;
  readonly title: string;
  readonly patched: readonly string[];
  readonly url: string | null;
  readonly state: string;
}

/** A notice as a finding; null where it is a word of another kind: a file that could not be read, say. */
export function findingOf(job: Pick<Job, "id" | "subject">, notice: JsonObject): Finding | null {
  const { number, at, code, message, data } = notice;
  if (typeof number !== "number" || typeof data !== "object" || data === null || Array.isArray(data)) return null;
  const said = (name: string) => text((data as JsonObject)[name]);
  const advisory = said("advisory");
  if (advisory === "") return null;
  const { score, patched } = data as JsonObject;
  const link = said("url");
  return {
    key: `${job.id}/${number}`, job: job.id, number, at: text(at), target: job.subject ?? job.id,
    kind: text(code), advisory, severity: said("severity"), score: typeof score === "number" ? score : null,
    package: [said("package"), said("version")].filter(Boolean).join(" "),
    title: said("title") || text(message), patched: Array.isArray(patched) ? patched.map(text).filter(Boolean) : [],
    // A scanner's report may say anything: only what leads to the web is made a link.
    url: /^https?:\/\//.test(link) ? link : null,
    state: code === "fixed" ? "fixed" : said("state"),
  };
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The audit of each target that counts: the one under way, or else the last that was completed. */
export function newestPerTarget(active: readonly Job[], ended: readonly Job[]): ReadonlyMap<string, Job> {
  const newest = new Map<string, Job>();
  for (const job of [...active, ...ended.filter(({ status }) => status === "completed")]) {
    const target = job.subject ?? job.id;
    const known = newest.get(target);
    if (known === undefined || job.created_at > known.created_at) newest.set(target, job);
  }
  return newest;
}

/** What the counters of several audits are together. */
export function sum(jobs: Iterable<Job>, counter: string): number {
  let all = 0;
  for (const { counters } of jobs) all += counters[counter] ?? 0;
  return all;
}
