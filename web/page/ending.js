// What the end of a stream asks of its viewer: the service's table of endings, read once.
// Decides nothing about timers; the connection does.

/**
 * @typedef {object} Ending
 * @property {"never"|"token"|"now"|"soon"|"later"} again  come back: not at all, with another
 *   token, at once, within five random seconds, or with a growing pause
 * @property {boolean} blame  whether this speaks against the transport (so that the next one is tried)
 * @property {number|null} after  seconds the service asked us to stay away
 * @property {string} reason  for the reader
 */

const REASONS = {
  finished: { again: "never", blame: false, reason: "Everything watched has ended" },
  restarting: { again: "soon", blame: false, reason: "The service restarts" },
  overloaded: { again: "later", blame: false, reason: "The service is overloaded" },
  unavailable: { again: "later", blame: false, reason: "The service has lost its database" },
  unauthorized: { again: "token", blame: false, reason: "A token is needed" },
  forbidden: { again: "token", blame: false, reason: "Another token is needed" },
  not_found: { again: "never", blame: false, reason: "There is no such job" },
  too_slow: { again: "later", blame: false, reason: "This connection was too slow" },
  rotated: { again: "now", blame: false, reason: "The connection was renewed" },
  limited: { again: "later", blame: false, reason: "Too many connections" },
  refused: { again: "later", blame: true, reason: "The service refused the connection" },
  away: { again: "later", blame: false, reason: "The service cannot answer at the moment" },
  lost: { again: "later", blame: true, reason: "The connection was lost" },
};

const CODES = {
  1000: "finished",
  1012: "restarting",
  1013: "unavailable",
  4401: "unauthorized",
  4403: "forbidden",
  4404: "not_found",
  4408: "too_slow",
  4409: "rotated",
  4429: "limited",
  // What only a broken program or a meddling proxy brings about: another transport may do.
  1002: "refused",
  1003: "refused",
  1007: "refused",
  1009: "refused",
  4400: "refused",
};

const STATUSES = { 401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "limited", 503: "away" };

/** The ending named by a reason of server-sent events. */
export function byReason(reason, after = null) {
  return { ...(REASONS[reason] ?? REASONS.lost), after };
}

/** The ending named by a close code of a WebSocket. */
export function byCode(code, after = null) {
  return byReason(CODES[code] ?? "lost", after);
}

/** The ending named by the status of an answer. */
export function byStatus(status, after = null) {
  return byReason(STATUSES[status] ?? "lost", after);
}
