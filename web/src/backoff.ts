// How long to stay away before the next try. Spread over the whole span, so that viewers who were cut off together do
// not come back together.

import type { Ending } from "./ending.ts";

/** After so many failed tries in a row nothing is tried by itself any more. */
export const ATTEMPTS = 10;

/** Milliseconds before try `attempt` (from 1): anything up to 1, 2, 4, 8 … 30 s. */
export function pause(attempt: number): number {
  return Math.random() * 1000 * Math.min(30, 2 ** (attempt - 1));
}

/** Milliseconds before try `attempt`, where the last one ended like this. */
export function waitFor({ again, after }: Ending, attempt: number): number {
  if (again === "soon") return Math.random() * 5000;
  if (again === "now" && attempt === 1) return 0;
  const own = pause(Math.max(1, attempt));
  return after === null ? own : Math.max(own, after * 1000 + Math.random() * 1000);
}
