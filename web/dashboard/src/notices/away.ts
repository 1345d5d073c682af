// "While you were away": which jobs ended between two visits. Pure functions on what is known of the last visit; where
// that is kept, and what the service is asked, is elsewhere.

import { isTerminal, type Job } from "../../../src/job.ts";

/** The last moment somebody looked (milliseconds since 1970), and which jobs were active then. */
export interface Visit {
  readonly at: number;
  readonly active: readonly string[];
}

/** Shorter absences are none: a reload, a look at another tab. */
const LEAST = 60_000;
/** Jobs remembered by name; of the others only those created since are found. */
export const MOST_REMEMBERED = 200;

export function isVisit(value: unknown): value is Visit {
  return typeof value === "object" && value !== null && "at" in value && typeof value.at === "number" &&
    "active" in value && Array.isArray(value.active) && value.active.every((id) => typeof id === "string");
}

/** The visit to remember now. */
export function visitOf(jobs: Iterable<Job>, now: number): Visit {
  const active: string[] = [];
  for (const job of jobs) {
    if (active.length === MOST_REMEMBERED) break;
    if (!isTerminal(job.status)) active.push(job.id);
  }
  return { at: now, active };
}

/** Whether somebody who comes now was away, and not only reloaded the page. */
export function wasAway(last: Visit | null, now: number): last is Visit {
  return last !== null && now - last.at >= LEAST;
}

/** Of the given jobs those that ended since, the newest ending first, each once. */
export function endedSince(jobs: Iterable<Job>, since: number): Job[] {
  const ended = new Map<string, Job>();
  for (const job of jobs) if (job.finished_at !== null && Date.parse(job.finished_at) > since) ended.set(job.id, job);
  return [...ended.values()].sort((a, b) => ((a.finished_at ?? "") < (b.finished_at ?? "") ? 1 : -1));
}

/** "14 completed, 2 failed": what came of them, in the order of weight. */
export function outcomes(jobs: readonly Job[]): { readonly status: Job["status"]; readonly count: number }[] {
  return (["failed", "cancelled", "completed"] as const)
    .map((status) => ({ status, count: jobs.filter((job) => job.status === status).length }))
    .filter(({ count }) => count > 0);
}
