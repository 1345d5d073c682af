// Time that passes on screen. One timer for all that shows it, and none where nothing does.

import { useSyncExternalStore } from "react";
import { useClient } from "./context.tsx";
import { clockOf } from "./clock.ts";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

// The next full second, so that all counters on a page change together.
function schedule() {
  timer = setTimeout(() => {
    schedule();
    for (const listener of listeners) listener();
  }, 1000 - (Date.now() % 1000));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) schedule();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearTimeout(timer);
  };
}

const never = () => () => {};
const second = () => Math.floor(Date.now() / 1000) * 1000;

/** This machine's time in milliseconds, cut to seconds; drawn again each second while `ticking`. */
export function useLocalNow(ticking = true): number {
  return useSyncExternalStore(ticking ? subscribe : never, second, second);
}

/** The service's time in milliseconds, which the times of jobs are compared with. */
export function useNow(ticking = true): number {
  const client = useClient();
  return clockOf(client).at(useLocalNow(ticking));
}
