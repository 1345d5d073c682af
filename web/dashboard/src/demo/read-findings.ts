// The findings of jobs from their newest states. A state has room for the last ten notices only: where more came since
// the one before, they are read from the history.

import type { ProgressClient } from "../../../src/client.ts";
import type { Job } from "../../../src/job.ts";
import { type Finding, findingOf } from "./findings.ts";

const PAGE = 500;

interface Line {
  /** The number of the last notice that was heard of. */
  heard: number;
  /** How far the history was read. */
  after: number;
  wanted: boolean;
  reading: boolean;
}

/** Answers what is to be called with each state; `add` is given every finding, perhaps more than once. */
export function readFindings(
  from: Pick<ProgressClient, "history">, add: (found: readonly Finding[]) => void, signal: AbortSignal,
): (job: Job) => void {
  const lines = new Map<string, Line>();

  function hear(job: Job): void {
    const line = lines.get(job.id) ?? { heard: 0, after: 0, wanted: false, reading: false };
    lines.set(job.id, line);
    const fresh = job.notices.recent.filter(({ number }) => number > line.heard);
    line.wanted ||= job.notices.total - line.heard > fresh.length;
    line.heard = Math.max(line.heard, job.notices.total);
    if (fresh.length > 0) add(fresh.flatMap((notice) => findingOf(job, { ...notice }) ?? []));
    if (line.wanted && !line.reading) void read(job, line);
  }

  async function read(job: Job, line: Line): Promise<void> {
    line.reading = true;
    while (line.wanted && !signal.aborted) {
      line.wanted = false;
      try {
        const { items, next } = await from.history(job.id, { after: line.after, limit: PAGE }, { signal });
        const notices = items.filter(({ type }) => type.endsWith(":notice"));
        add(notices.flatMap(({ at, data }) => findingOf(job, { ...data, at }) ?? []));
        line.after = items.at(-1)?.number ?? line.after;
        line.wanted ||= next !== null;
      } catch {
        line.wanted = true;
        break; // The next state of this job asks again.
      }
    }
    line.reading = false;
  }
  return hear;
}
