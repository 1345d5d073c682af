// Any store of this page, or of the client, in a component.

import { useSyncExternalStore } from "react";
import type { Store } from "../../src/client.ts";

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}
