// How the connection stands, in words: one short sentence that tells live from degraded, and how old the data is.

import type { Connection, TransportName } from "../connection.ts";
import { ticking, words } from "./format.ts";

/** How it is drawn: the states of a connection, and `stale`: connected, yet nobody vouches for what is shown. */
export type ConnectionMood = Connection["state"] | "stale";

export interface ConnectionWords {
  readonly mood: ConnectionMood;
  readonly label: string;
  readonly note: string;
  /** How old the data is, in seconds; null = there is none. */
  readonly age: number | null;
}

const TRANSPORTS: { readonly [name in TransportName]: string } = {
  websocket: "WebSocket",
  events: "event stream",
  polling: "polling",
};

// The service speaks every 15 s even when nothing happens: younger than this is simply live.
const YOUNG = 20;

/** `now` by this machine's clock, `serviceNow` by the service's, both in milliseconds. */
export function connectionWords(connection: Connection, now: number, serviceNow: number): ConnectionWords {
  const { state, transport, heardAt, staleSince } = connection;
  const age = ageOf(heardAt, staleSince, now, serviceNow);
  const carrier = transport === null ? "" : TRANSPORTS[transport];
  const connected = state === "live" || state === "degraded";
  if (connected && (staleSince !== null || (age ?? 0) > YOUNG)) {
    return { mood: "stale", label: "Stale", note: line(carrier, old(age)), age };
  }
  switch (connection.state) {
    case "live":
      return { mood: "live", label: "Live", note: line(carrier, recent(age)), age };
    case "degraded":
      return { mood: "degraded", label: "Degraded", note: line(carrier, recent(age)), age };
    case "connecting":
      return { mood: "connecting", label: "Connecting…", note: old(age), age };
    case "reconnecting": {
      const { nextRetryAt } = connection;
      const soon =
        nextRetryAt === null || nextRetryAt <= now ? "trying now" : `in ${ticking((nextRetryAt - now) / 1000)}`;
      return { mood: "reconnecting", label: "Reconnecting", note: line(soon, carrier, old(age)), age };
    }
    case "offline":
      return { mood: "offline", label: "Offline", note: old(age), age };
    case "unauthorized":
      return { mood: "unauthorized", label: "Needs a token", note: old(age), age };
    case "closed":
      return { mood: "closed", label: "Closed", note: connection.reason ? words(connection.reason) : "", age };
  }
}

const line = (...parts: readonly string[]) => parts.filter(Boolean).join(" · ");
const old = (age: number | null) => (age === null ? "" : `data ${ticking(age)} old`);
const recent = (age: number | null) => (age === null ? "" : age < 1.5 ? "now" : `${ticking(age)} ago`);

function ageOf(heardAt: number | null, staleSince: string | null, now: number, serviceNow: number): number | null {
  if (staleSince !== null) return Math.max(0, (serviceNow - Date.parse(staleSince)) / 1000);
  return heardAt === null ? null : Math.max(0, (now - heardAt) / 1000);
}
