// What a framework binds to: a snapshot that stays the same object until something changed, and who is told then.
// Changes that come together are told together.

import { call } from "./call.ts";
import type { JobSnapshot, JobsSnapshot, Store } from "./client.ts";
import type { Grace } from "./grace.ts";
import type { Job, Selector } from "./job.ts";
import type { Group, Jobs, Known } from "./jobs.ts";
import type { Pace } from "./pace.ts";

/** `read` gives the same object while nothing changed; `start` is called for the first listener, and what it returns
 * after the last. */
export function createStore<T>(pace: Pace, read: () => T, start: (touch: () => void) => () => void): Store<T> {
  const listeners = new Set<() => void>();
  let snapshot: T;
  let stop = (): void => {};
  const update = (): void => {
    const before = snapshot;
    snapshot = read();
    if (snapshot !== before) for (const listener of [...listeners]) if (listeners.has(listener)) call(listener);
  };
  return {
    subscribe(listener) {
      const own = (): void => listener();
      if (listeners.size === 0) {
        stop = start(() => pace(update));
        snapshot = read();
      }
      listeners.add(own);
      return () => {
        if (listeners.delete(own) && listeners.size === 0) stop();
      };
    },
    // Between two turns nothing changes for those who listen, so that all they draw is of one moment.
    getSnapshot: () => (listeners.size > 0 ? snapshot : read()),
  };
}

/** Stores by key: the same one for the same key as long as somebody listens, and a moment longer. */
export function createShelf(grace: Grace): <T>(key: string, make: () => Store<T>) => Store<T> {
  const stores = new Map<string, unknown>();
  return <T>(key: string, make: () => Store<T>): Store<T> => {
    const known = stores.get(key);
    if (known) return known as Store<T>;
    const { subscribe, getSnapshot } = make();
    let listening = 0;
    const store: Store<T> = {
      getSnapshot,
      subscribe(listener) {
        const leave = subscribe(listener);
        stores.set(key, store);
        listening += 1;
        return () => {
          leave();
          listening -= 1;
          later();
        };
      },
    };
    const later = (): void => grace(() => listening > 0 || stores.get(key) !== store || stores.delete(key));
    stores.set(key, store);
    later();
    return store;
  };
}

/** One job's store. */
export function jobStore(pace: Pace, jobs: Jobs, id: string): Store<JobSnapshot<never, never>> {
  let group: Group | null = null;
  let newest: Known | null = null;
  let last: JobSnapshot<never, never> = { state: "loading", job: null, error: null };
  function read(): JobSnapshot<never, never> {
    newest = jobs.newest(id) ?? newest;
    const job = newest;
    const error = group?.error ?? null;
    const state = error ? "refused" : group?.gone.has(id) ? "gone" : job ? "ready" : "loading";
    if (state !== last.state || job !== last.job || error !== last.error) last = { state, job, error } as JobSnapshot<never, never>;
    return last;
  }
  return createStore(pace, read, (touch) => {
    const take = (job: Known): void => {
      newest = job;
      touch();
    };
    const held = jobs.join({ job: id }, { job: take, gone: touch, turn: touch });
    group = held.group;
    return held.leave;
  });
}

/** A selection's store. */
export function jobsStore(pace: Pace, jobs: Jobs, selector: Selector): Store<JobsSnapshot<never, never>> {
  let group: Group | null = null;
  let changed = false;
  let last: JobsSnapshot<never, never> = { jobs: [], synced: false, error: null };
  function read(): JobsSnapshot<never, never> {
    if (group && changed) {
      last = { jobs: [...group.members.values()].sort(byCreation), synced: group.synced, error: group.error };
      changed = false;
    }
    return last;
  }
  return createStore(pace, read, (touch) => {
    const changing = (): void => {
      changed = true;
      touch();
    };
    const held = jobs.join(selector, { job: changing, gone: changing, turn: changing });
    group = held.group;
    changed = true;
    return held.leave;
  });
}

// Times of one form compare as text; the id settles a tie, so that no two rows trade places.
function byCreation(a: Job, b: Job): number {
  return compare(b.created_at, a.created_at) || compare(b.id, a.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
