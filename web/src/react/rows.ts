// The rows of a table: which jobs, in which order, and each row's own store, so that a frame draws one row again.
// Reads the selection once for all changes told together. While held, nothing moves under the pointer: order and length
// stay, and what is new waits. No React.

import type { JobsSnapshot, Store } from "../client.ts";
import type { Job } from "../job.ts";

export interface RowsView {
  /** In the order they are drawn. */
  readonly ids: readonly string[];
  /** How many new jobs wait for the order to be free again. */
  readonly waiting: number;
  readonly synced: boolean;
  readonly error: JobsSnapshot["error"];
}

export interface RowsOrder {
  readonly compare: (a: Job, b: Job) => number;
  readonly filter?: ((job: Job) => boolean) | undefined;
}

export interface Rows extends Store<RowsView> {
  /** The store of one row; its job is undefined once nobody knows it any more. */
  row(id: string): Store<Job | undefined>;
  /** Orders anew, at once, held or not; unless the order is the same and another filter lets the same jobs through. */
  arrange(order: RowsOrder): void;
  /** Looks whether it is held still. */
  refresh(): void;
  /** Lets in what waits, held or not. */
  release(): void;
  start(): () => void;
}

/** Values change all the time: an order that depends on them is settled only so often, in milliseconds. */
const SETTLE = 1000;

/** `held` is asked before anything moves. */
export function createRows(source: Store<JobsSnapshot>, first: RowsOrder, held: () => boolean): Rows {
  const listeners = new Set<() => void>();
  const rowListeners = new Map<string, Set<() => void>>();
  let order = first;
  let jobs = new Map<string, Job>();
  let sortedAt = 0;
  let due = false;
  let running = false;
  let late: ReturnType<typeof setTimeout> | undefined;
  let view: RowsView = { ids: [], waiting: 0, synced: false, error: null };

  function read(): Job[] {
    const snapshot = source.getSnapshot();
    const changed: string[] = [];
    const next = new Map<string, Job>();
    for (const job of snapshot.jobs) {
      next.set(job.id, job);
      if (jobs.get(job.id) !== job) changed.push(job.id);
    }
    // Rows that were taken away stay as they were for as long as they are drawn.
    for (const id of view.ids) if (!next.has(id) && jobs.has(id)) next.set(id, jobs.get(id)!);
    jobs = next;
    for (const id of changed) for (const listener of rowListeners.get(id) ?? []) listener();
    return filtered(order);
  }

  function filtered({ filter }: RowsOrder): Job[] {
    const { jobs } = source.getSnapshot();
    return filter ? jobs.filter(filter) : [...jobs];
  }

  function show(ids: readonly string[], waiting: number) {
    const { synced, error } = source.getSnapshot();
    const same = ids.length === view.ids.length && ids.every((id, at) => id === view.ids[at]);
    if (same && waiting === view.waiting && synced === view.synced && error === view.error) return;
    view = { ids: same ? view.ids : ids, waiting, synced, error };
    for (const listener of listeners) listener();
  }

  function sort(found: Job[]) {
    clearTimeout(late);
    late = undefined;
    sortedAt = Date.now();
    show(found.sort(order.compare).map((job) => job.id), 0);
  }

  function update() {
    due = false;
    if (!running) return;
    const found = read();
    const drawn = new Set(view.ids);
    const added = found.filter((job) => !drawn.has(job.id)).length;
    if (view.synced && held()) return show(view.ids, added);
    const moved = added > 0 || found.length !== view.ids.length;
    const wait = sortedAt + SETTLE - Date.now();
    if (moved || wait <= 0) return sort(found);
    show(view.ids, 0);
    late ??= setTimeout(() => held() || sort(read()), wait);
  }

  const schedule = () => {
    if (!due) queueMicrotask(update);
    due = true;
  };

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    getSnapshot: () => view,
    row: (id) => ({
      subscribe(listener) {
        const set = rowListeners.get(id) ?? new Set();
        rowListeners.set(id, set.add(listener));
        return () => {
          set.delete(listener);
          if (set.size === 0 && rowListeners.get(id) === set) rowListeners.delete(id);
        };
      },
      getSnapshot: () => jobs.get(id),
    }),
    arrange(next) {
      const before = order;
      order = next;
      const [was, is] = [filtered(before), filtered(next)];
      const same = was.length === is.length && was.every((job, at) => job === is[at]);
      if (!same || next.compare !== before.compare) sort(read());
    },
    refresh: schedule,
    release: () => sort(read()),
    start() {
      const stop = source.subscribe(schedule);
      running = true;
      update();
      return () => {
        stop();
        running = false;
        clearTimeout(late);
        late = undefined;
      };
    },
  };
}
