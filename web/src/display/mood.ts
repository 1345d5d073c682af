// How a job is doing, as it is drawn: its status, or that nothing was heard of it. Each has a word and a shape.

import type { Job, Status } from "../job.ts";

export type Mood = Status | "stalled";

/** What to draw a job as. */
export function moodOf({ status, stalled_at }: Pick<Job, "status" | "stalled_at">): Mood {
  return status === "running" && stalled_at !== null ? "stalled" : status;
}

export const MOOD_WORDS: { readonly [mood in Mood]: string } = {
  queued: "Queued",
  running: "Running",
  stalled: "Stalled",
  cancelling: "Cancelling",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};
