// How the connection stands, and the numbers of the whole project, in a component.

import { useSyncExternalStore } from "react";
import type { Connection } from "../connection.ts";
import type { Summary } from "../job.ts";
import { useClient } from "./context.tsx";

const CONNECTING: Connection = { state: "connecting", transport: null, heardAt: null, staleSince: null };

/** The connection: one union, drawn again whenever it changes. */
export function useConnection(): Connection {
  const { connection } = useClient();
  return useSyncExternalStore(connection.subscribe, connection.getSnapshot, () => CONNECTING);
}

/** The tiles of a dashboard, pushed while any component uses them; null = not known yet, or not allowed. */
export function useSummary(): Summary | null {
  const { summary } = useClient();
  return useSyncExternalStore(summary.subscribe, summary.getSnapshot, () => null);
}
