// What a row says of a job in few words: what it is about, what it does now or what came of it, and when. Pure
// functions; the time is a parameter.

import { isTerminal, type Job, type JsonObject } from "../../../src/job.ts";
import { ago, elapsed, heading, remaining, secondsBetween, summary, ticking } from "../../../src/display/format.ts";

/** "feed:sync · sigma · u-17 · attempt 2". */
export function labels(job: Job): string {
  const all = [job.kind, job.subject, job.owner, job.attempt > 1 ? `attempt ${job.attempt}` : null];
  return all.filter(Boolean).join(" · ");
}

/** What it does now, why it failed, or what came of it. */
export function nowLine(job: Job, now: number): string {
  switch (job.status) {
    case "queued":
      return job.error === null ? "Waiting for a worker" : `Will be tried again: ${job.error.message}`;
    case "running":
      if (job.stalled_at !== null) return `No word from the worker for ${ticking(secondsBetween(job.updated_at, now))}`;
      return job.message ?? (job.phase === null ? "" : heading(job.phase));
    case "cancelling":
      return job.stalled_at === null ? "Waiting for the worker to stop" : "The worker has not answered";
    case "failed":
      return job.error?.message ?? "Failed";
    case "cancelled":
      return job.cancel?.reason ?? job.cancel?.by ?? "";
    case "completed":
      return job.result === null ? "" : outcome(job.result);
  }
}

// What is nought is left out, unless there is nothing else.
function outcome(result: JsonObject): string {
  const telling = Object.entries(result).filter(([, value]) => value !== 0 && typeof value !== "object");
  return summary(telling.length > 0 ? Object.fromEntries(telling) : result, 4);
}

/** How long it will take, or took. */
export function timeLine(job: Job, now: number): string {
  if (isTerminal(job.status)) {
    const took = elapsed(job, now);
    if (took === "0 s") return "at once";
    return took === "" ? "" : `${job.status === "completed" ? "took" : "after"} ${took}`;
  }
  if (job.status === "queued") return `for ${ticking(secondsBetween(job.created_at, now))}`;
  return remaining(job, now) || elapsed(job, now);
}

/** When it began to be, or ended. */
export function whenLine(job: Job, now: number): string {
  return ago(job.finished_at ?? job.started_at ?? job.created_at, now);
}
