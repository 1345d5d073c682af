// Puts jobs into sections and an order. Pure: what is "still to be seen among the active" is a parameter.

import { isTerminal, type Job } from "../../../src/job.ts";
import type { Grouping } from "../route.ts";

export interface Section {
  readonly key: string;
  readonly label: string;
  readonly ids: readonly string[];
}

/** Newest first by creation; of two created in the same millisecond, the greater id. */
export function newestFirst(a: Job, b: Job): number {
  if (a.created_at !== b.created_at) return a.created_at < b.created_at ? 1 : -1;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

/** `lingers` says which of the ended jobs stay where they ran for a moment longer, so that their end is seen there. */
export function arrange(jobs: Iterable<Job>, group: Grouping, lingers: (job: Job) => boolean): Section[] {
  const sorted = [...jobs].sort(newestFirst);
  const works = (job: Job) => !isTerminal(job.status) || lingers(job);
  if (group === "none") return section("all", "Jobs", sorted);
  if (group === "state") {
    return [
      ...section("active", "Active", sorted.filter(works)),
      ...section("ended", "Ended", sorted.filter((job) => !works(job))),
    ];
  }
  const kinds = new Map<string, Job[]>();
  for (const job of sorted) {
    const those = kinds.get(job.kind);
    if (those) those.push(job);
    else kinds.set(job.kind, [job]);
  }
  return [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([kind, those]) =>
    section(`kind ${kind}`, kind, [...those.filter(works), ...those.filter((job) => !works(job))]));
}

function section(key: string, label: string, jobs: readonly Job[]): Section[] {
  return jobs.length === 0 ? [] : [{ key, label, ids: jobs.map((job) => job.id) }];
}

/** Whether two arrangements show the same jobs at the same places. */
export function sameArrangement(a: readonly Section[], b: readonly Section[]): boolean {
  return a.length === b.length && a.every((section, at) => {
    const other = b[at];
    return other !== undefined && section.key === other.key && section.ids.length === other.ids.length &&
      section.ids.every((id, place) => id === other.ids[place]);
  });
}

/** How many jobs of `next` are not in `shown`. */
export function countNewer(shown: readonly Section[], next: readonly Section[]): number {
  const known = new Set(shown.flatMap((section) => section.ids));
  return next.reduce((sum, section) => sum + section.ids.filter((id) => !known.has(id)).length, 0);
}
