// Which client the components below speak to. The app makes it and closes it; nothing here does either.

import { createContext, useContext, useEffect, type ReactNode } from "react";
import type { ProgressClient } from "../client.ts";
import { clockOf } from "../display/clock.ts";

const ClientContext = createContext<ProgressClient | null>(null);

export interface MilepostProviderProps {
  /** Made once, outside of rendering: a new client is a new connection. */
  readonly client: ProgressClient;
  readonly children?: ReactNode;
}

/** Gives a client to the hooks and components below. */
export function MilepostProvider({ client, children }: MilepostProviderProps) {
  useEffect(() => clockOf(client).listen(), [client]);
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** The client of the nearest provider. Throws where there is none. */
export function useClient(): ProgressClient {
  const client = useContext(ClientContext);
  if (client === null)
    throw new Error("Milepost's hooks and components need a <MilepostProvider client={…}> above them.");
  return client;
}
