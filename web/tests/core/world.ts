// What the engine's tests stand on: a service in miniature, and time that passes when it is told to.

import { afterEach, beforeEach, vi } from "vitest";
import { Service } from "./service.ts";

/** The service of the running test. */
export let service: Service;

/** Gives each test of a file a service of its own, and a clock that begins at `now`. */
export function world(now?: Date): void {
  beforeEach(() => {
    vi.useFakeTimers(now && { now });
    vi.spyOn(Math, "random").mockReturnValue(0.5); // pauses in the middle of their span
    service = new Service();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

/** Lets so many milliseconds pass. */
export function pass(time: number): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(time);
}
