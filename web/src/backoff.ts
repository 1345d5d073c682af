// How long to stay away before the next try. Spread over the whole span, so that viewers who were cut off together do
// not come back together.

/** After so many failed tries in a row nothing is tried by itself any more. */
export const ATTEMPTS = 10;

/** Milliseconds before try `attempt` (from 1): anything up to 1, 2, 4, 8 … 30 s. */
export function pause(attempt: number): number {
  return Math.random() * 1000 * Math.min(30, 2 ** (attempt - 1));
}
