// What the end of a stream asks of its viewer: the service's table of endings, read once for close codes, reasons of
// server-sent events and statuses. Decides nothing about timers.

export interface Ending {
  /** Not at all, with another token, at once, within five random seconds, or with a growing pause. */
  readonly again: "never" | "token" | "now" | "soon" | "later";
  /** Whether this speaks against the transport, so that the next one is tried after a few. */
  readonly blame: boolean;
  /** Seconds the service asked us to stay away. */
  readonly after: number | null;
  readonly reason: string;
}

const AGAIN: { readonly [reason: string]: Ending["again"] } = {
  finished: "never", forbidden: "never", not_found: "never", bad_command: "never", protocol_error: "never",
  unauthorized: "token", rotated: "now", restarting: "soon",
};

const CODES: { readonly [code: number]: string } = {
  1002: "protocol_error", 1003: "protocol_error", 1007: "protocol_error", 1009: "protocol_error", 4400: "bad_command",
  1012: "restarting", 1013: "unavailable",
  4401: "unauthorized", 4403: "forbidden", 4404: "not_found", 4408: "too_slow", 4409: "rotated", 4429: "limited",
};

const STATUSES: { readonly [status: number]: string } = {
  400: "bad_command", 401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "limited", 503: "unavailable",
};

/** What only a broken program or a meddling proxy brings about: another transport may do. */
const BLAMED = ["lost", "protocol_error", "bad_command"];

/** Nobody is sent away for longer: seconds. */
const DAY = 86_400;

export function byReason(reason: string, after: number | null = null): Ending {
  const blame = BLAMED.includes(reason);
  return { again: AGAIN[reason] ?? "later", blame, after: after && Math.min(after, DAY), reason };
}

/** `word` = the reason that came with the code: a proxy's 1000 says nothing, the service's says `finished`. */
export function byCode(code: number, word: string, after: number | null): Ending {
  return byReason(code === 1000 && word === "finished" ? word : CODES[code] ?? "lost", after);
}

export function byStatus(status: number, after: number | null): Ending {
  return byReason(STATUSES[status] ?? "lost", after);
}
