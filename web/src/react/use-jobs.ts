// The jobs of a selection in a component. The selector may be a new object on every render: its content is what counts.

import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { JobsSnapshot } from "../client.ts";
import { isTerminal, type Job, type JsonObject, type Selector } from "../job.ts";
import { keyOf, normal } from "../selector.ts";
import { useClient } from "./context.tsx";
import { useLatest } from "./latest.ts";

const EMPTY = { jobs: [], synced: false, error: null } as const;

export interface UseJobsHandlers<R = JsonObject, M = JsonObject> {
  /** Once for each job that ends while it is watched here; not for those that had ended before. */
  readonly onSettled?: (job: Job<R, M>) => void;
}

/** The same selector object as long as its content is the same. */
export function useSelector(selector: Selector): Selector {
  const key = keyOf(normal(selector));
  return useMemo(() => selector, [key]);
}

/** The jobs of a selection, newest first; without a selector those of the whole project. */
export function useJobs<R = JsonObject, M = JsonObject>(
  selector: Selector = {},
  handlers: UseJobsHandlers<R, M> = {},
): JobsSnapshot<R, M> {
  const client = useClient();
  const what = useSelector(selector);
  useSettled(what, handlers.onSettled);
  const store = useMemo(() => client.jobs<R, M>(what), [client, what]);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, () => EMPTY);
}

function useSettled<R, M>(selector: Selector, onSettled: ((job: Job<R, M>) => void) | undefined) {
  const client = useClient();
  const latest = useLatest(onSettled);
  const told = useRef(new Set<string>());
  const wanted = onSettled !== undefined;
  useEffect(() => {
    if (!wanted) return;
    let synced = false;
    const active = new Set<string>();
    const watch = client.watch<R, M>(selector, {
      onSynced: () => (synced = true),
      onJob: (job) => {
        if (!isTerminal(job.status)) active.add(job.id);
      },
      onSettled: (job) => {
        if (!active.delete(job.id) && !synced) return;
        if (told.current.has(job.id)) return;
        told.current.add(job.id);
        latest.current?.(job);
      },
    });
    return () => watch.stop();
  }, [client, selector, wanted, latest]);
}
