// One job in a component: watched while it is mounted, drawn from the client's own store.

import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { JobSnapshot, Store } from "../client.ts";
import type { Job, JsonObject } from "../job.ts";
import { useClient } from "./context.tsx";
import { useLatest } from "./latest.ts";

const LOADING = { state: "loading", job: null, error: null } as const;
const NOTHING: Store<typeof LOADING> = { subscribe: () => () => {}, getSnapshot: () => LOADING };

export interface UseJobHandlers<R = JsonObject, M = JsonObject> {
  /** Each newer state. */
  readonly onJob?: (job: Job<R, M>, before: Job<R, M> | null) => void;
  /** Once, when the job has ended, also where it had ended before: the place to refresh the app's own queries. */
  readonly onSettled?: (job: Job<R, M>) => void;
}

/** A job as it stands. Without an id nothing is watched. Handlers may be new functions on every render. */
export function useJob<R = JsonObject, M = JsonObject>(
  id: string | null | undefined,
  handlers: UseJobHandlers<R, M> = {},
): JobSnapshot<R, M> {
  const client = useClient();
  const latest = useLatest(handlers);
  const settled = useRef<string | null>(null);
  const wanted = handlers.onJob !== undefined || handlers.onSettled !== undefined;
  useEffect(() => {
    if (!id || !wanted) return;
    const watch = client.watch<R, M>(id, {
      onJob: (job, before) => latest.current.onJob?.(job, before),
      onSettled: (job) => {
        if (settled.current === id) return; // told before the effect ran again
        settled.current = id;
        latest.current.onSettled?.(job);
      },
    });
    return () => watch.stop();
  }, [client, id, wanted, latest]);
  const store = useMemo<Store<JobSnapshot<R, M>>>(() => (id ? client.job<R, M>(id) : NOTHING), [client, id]);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, NOTHING.getSnapshot);
}
