// The orders a table of jobs can have. Ties are broken by age and id, so that no two rows trade places for nothing.

import type { Job, Status } from "../job.ts";
import { nameOf } from "../display/format.ts";

export type SortKey = "name" | "status" | "progress" | "time";

export interface Sort {
  readonly by: SortKey;
  readonly down: boolean;
}

const RANKS: { readonly [status in Status]: number } = {
  running: 0, cancelling: 1, queued: 2, failed: 3, cancelled: 4, completed: 5,
};

const RULES: { readonly [key in SortKey]: (a: Job, b: Job) => number } = {
  name: (a, b) => compared(nameOf(a).toLowerCase(), nameOf(b).toLowerCase()),
  status: (a, b) => RANKS[a.status] - RANKS[b.status],
  progress: (a, b) => (a.progress.percent ?? -1) - (b.progress.percent ?? -1),
  time: (a, b) => compared(a.created_at, b.created_at),
};

/** A comparison for `sort`. */
export function comparison({ by, down }: Sort): (a: Job, b: Job) => number {
  const rule = RULES[by];
  const sign = down ? -1 : 1;
  return (a, b) => sign * rule(a, b) || compared(b.created_at, a.created_at) || compared(b.id, a.id);
}

// Times of one form compare as text.
function compared(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
