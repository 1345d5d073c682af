// How long to stay away from a service that does not answer. Full jitter: workers that lost it together do not come
// back together.

/** Milliseconds before the first try again are at most this many. */
const FIRST = 250;
/** And never more than this many. */
const LONGEST = 5_000;
/** However long the service asks to stay away, a lease must outlive it. */
const LONGEST_ASKED = 60_000;

/** Milliseconds before the next try, after `failures` in a row; `asked`: the seconds of `Retry-After`. */
export function pause(failures: number, asked: number | null = null): number {
  const own = Math.random() * Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 10));
  return asked === null ? own : Math.min(LONGEST_ASKED, asked * 1000) + own;
}
