// The service's clock, as seen from here. A viewer's own clock may be minutes off, and ETAs
// and durations are told in the service's time.

// How far this machine's clock is ahead, in milliseconds. A message says when it was written,
// and can only have taken time since: the smallest difference seen is the nearest to the truth.
let ahead = Infinity;

/** Takes note of a time that the service wrote on something just received: RFC 3339, or the
 * `Date` of an answer, which is whole seconds but never old as a frame of a snapshot can be. */
export function observe(timestamp) {
  const written = Date.parse(timestamp ?? "");
  if (!Number.isNaN(written)) ahead = Math.min(ahead, Date.now() - written);
}

/** Now, by the service's clock, in milliseconds since 1970. */
export function serviceNow() {
  return Date.now() - (Number.isFinite(ahead) ? ahead : 0);
}

/** Seconds from a time of the service until now; never below 0. */
export function secondsSince(timestamp) {
  return Math.max(0, (serviceNow() - Date.parse(timestamp)) / 1000);
}
