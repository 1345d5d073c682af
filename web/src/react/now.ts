// Time that passes on screen, for components.

import { useSyncExternalStore } from "react";
import { clockOf } from "../display/clock.ts";
import { useClient } from "./context.tsx";
import { everySecond } from "../display/seconds.ts";

const never = () => () => {};
const second = () => Math.floor(Date.now() / 1000) * 1000;

/** This machine's time in milliseconds, cut to seconds; drawn again each second while `ticking`. */
export function useLocalNow(ticking = true): number {
  return useSyncExternalStore(ticking ? everySecond : never, second, second);
}

/** The service's time in milliseconds, which the times of jobs are compared with. */
export function useNow(ticking = true): number {
  const client = useClient();
  return clockOf(client).at(useLocalNow(ticking));
}
