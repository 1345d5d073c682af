// How fast each job went, as far as this page has seen it: what a sparkline is drawn from. Listens to every frame and
// keeps little of each.

import type { ProgressClient } from "../../src/client.ts";
import { nextFrame } from "./next-frame.ts";

const MOST_POINTS = 120;
const MOST_JOBS = 2_000;

export interface Point {
  /** Milliseconds since 1970, by the service. */
  readonly at: number;
  readonly perSecond: number;
}

export interface Trails {
  subscribe(listener: () => void): () => void;
  /** The same array until a point was added. */
  of(job: string): readonly Point[];
}

const NONE: readonly Point[] = [];

export function followTrails(client: ProgressClient): Trails {
  const trails = new Map<string, Point[]>();
  const shown = new Map<string, readonly Point[]>();
  const listeners = new Set<() => void>();
  const tell = nextFrame(() => {
    shown.clear();
    for (const listener of listeners) listener();
  });

  client.onFrame(({ timestamp, data: { id, rate } }) => {
    if (rate === null) return;
    const at = Date.parse(timestamp);
    let trail = trails.get(id);
    if (!trail) {
      if (trails.size >= MOST_JOBS) trails.delete(trails.keys().next().value ?? "");
      trails.set(id, (trail = []));
    }
    if (at <= (trail.at(-1)?.at ?? 0)) return;
    trail.push({ at, perSecond: rate.per_second });
    if (trail.length > MOST_POINTS) trail.shift();
    if (listeners.size > 0) tell();
  });

  return {
    subscribe(listener) {
      shown.clear();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    of(job) {
      const trail = trails.get(job);
      if (!trail) return NONE;
      let copy = shown.get(job);
      if (!copy) shown.set(job, (copy = [...trail]));
      return copy;
    },
  };
}
