// How the connection stands, as a chip: a shape, a word, what carries the frames and how old they are.

import { useClient } from "./context.tsx";
import { connectionWords, type ConnectionMood, type ConnectionWords } from "../display/connection-words.ts";
import { clockOf } from "../display/clock.ts";
import { Icon, type IconName } from "./icons.tsx";
import { useLocalNow } from "./now.ts";
import { useConnection } from "./use-connection.ts";

const ICONS: { readonly [mood in ConnectionMood]: IconName } = {
  live: "dot",
  degraded: "warning",
  stale: "pause",
  connecting: "spinner",
  reconnecting: "spinner",
  offline: "away",
  unauthorized: "lock",
  closed: "dash",
};

/** The connection in words, told anew each second. */
export function useConnectionWords(): ConnectionWords {
  const client = useClient();
  const connection = useConnection();
  const now = useLocalNow(connection.state !== "closed");
  return connectionWords(connection, now, clockOf(client).at(now));
}

export function ConnectionChip() {
  const { mood, label, note } = useConnectionWords();
  return (
    <span className="mp-chip" data-mood={mood}>
      <Icon name={ICONS[mood]} />
      <span className="mp-chip-label">{label}</span>
      {note && <span className="mp-chip-note">{note}</span>}
    </span>
  );
}

/** Tries again at once. There only while the connection is lost. */
export function ReconnectButton({ children = "Reconnect" }: { readonly children?: string }) {
  const client = useClient();
  const connection = useConnection();
  if (connection.state !== "offline" && connection.state !== "reconnecting") return null;
  const trying = connection.state === "reconnecting" && connection.nextRetryAt === null;
  return (
    <button
      type="button"
      className="mp-button"
      aria-disabled={trying || undefined}
      onClick={() => !trying && client.reconnect()}
    >
      <Icon name={trying ? "spinner" : "retry"} />
      {trying ? "Trying…" : children}
    </button>
  );
}
