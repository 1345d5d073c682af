// How the connection stands: one union, so that no two flags can contradict each other. Types only.

export type TransportName = "websocket" | "events" | "polling";

interface Common {
  /** What carries frames now; null = nothing. While `reconnecting`, polling may bridge. */
  readonly transport: TransportName | null;
  /** When anything was last heard, in milliseconds since 1970 by this machine's clock; null = never. */
  readonly heardAt: number | null;
  /** Since when the service cannot vouch for what it shows (it said `stale`); null = it can. */
  readonly staleSince: string | null;
}

export type Connection =
  | (Common & { readonly state: "connecting" })
  /** The best transport that is allowed works. */
  | (Common & { readonly state: "live" })
  /** A lesser transport works; the better one is tried again in the background. */
  | (Common & { readonly state: "degraded" })
  /** Lost. `attempt` counts from 1; `nextRetryAt` is null while a try is under way. */
  | (Common & { readonly state: "reconnecting"; readonly attempt: number; readonly nextRetryAt: number | null })
  /** Ten attempts failed. Only `reconnect()`, or the network coming back, tries again. */
  | (Common & { readonly state: "offline"; readonly attempt: number })
  /** The token was refused, or there is none. Another one is asked for. */
  | (Common & { readonly state: "unauthorized" })
  /** Over: closed here, nothing is watched, or the service said not to come back (`reason`). */
  | (Common & { readonly state: "closed"; readonly reason: string | null });
