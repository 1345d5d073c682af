// All jobs this page has heard of: the active ones of the project as they come over the stream, and ended ones that
// some view asked for. Tells of changes once per painted frame, and each row of its own job only, so that thousands of
// frames a second cost what is seen and no more. Knows no filters and no order.

import type { ProgressClient } from "../../../src/client.ts";
import { isTerminal, type Job } from "../../../src/job.ts";
import type { Problem } from "../../../src/problem.ts";
import { nextFrame } from "../next-frame.ts";

/** Ended jobs that are kept; beyond, the oldest are let go. */
const MOST_ENDED = 5_000;

export interface BookState {
  /** Whether every active job is known. */
  readonly synced: boolean;
  readonly error: Problem | null;
  /** Rises when a job came, left, or changed its status: when another order may be due. */
  readonly edition: number;
}

export interface Book {
  /** The jobs by id. Not to be changed by who reads it. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly gone: ReadonlySet<string>;
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => BookState;
  /** Calls `listener` when this one job changed. */
  subscribeTo(id: string, listener: () => void): () => void;
  /** Takes states that were asked for. */
  take(jobs: Iterable<Job>): void;
  /** Calls `listener` for each job that ended in front of this page. */
  onEnded(listener: (job: Job) => void): () => void;
}

export function openBook(client: Pick<ProgressClient, "watch">): Book {
  const jobs = new Map<string, Job>();
  const gone = new Set<string>();
  const listeners = new Set<() => void>();
  const rows = new Map<string, Set<() => void>>();
  const endings = new Set<(job: Job) => void>();
  const changed = new Set<string>();
  let state: BookState = { synced: false, error: null, edition: 0 };
  let reordered = false;

  const flush = nextFrame(() => {
    const ids = [...changed];
    changed.clear();
    for (const id of ids) rows.get(id)?.forEach((listener) => listener());
    if (!reordered) return;
    reordered = false;
    trim();
    set({ edition: state.edition + 1 });
  });

  function set(part: Partial<BookState>) {
    state = { ...state, ...part };
    for (const listener of listeners) listener();
  }

  function put(job: Job) {
    const before = jobs.get(job.id);
    if (before && before.version >= job.version) return;
    jobs.set(job.id, job);
    gone.delete(job.id);
    changed.add(job.id);
    if (before?.status !== job.status) reordered = true;
    flush();
    if (before && !isTerminal(before.status) && isTerminal(job.status)) endings.forEach((listener) => listener(job));
  }

  function trim() {
    const ended = [...jobs.values()].filter((job) => isTerminal(job.status));
    if (ended.length <= MOST_ENDED) return;
    ended.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
    for (const job of ended.slice(0, ended.length - MOST_ENDED)) jobs.delete(job.id);
  }

  // The last state stays readable for who looks at it; the list leaves it out.
  function lose(id: string) {
    gone.add(id);
    changed.add(id);
    reordered = true;
    flush();
  }

  client.watch({ status: "active" }, {
    onJob: put,
    onGone: lose,
    onSynced: () => set({ synced: true, error: null }),
    onError: (error) => set({ error }),
  });

  return {
    jobs,
    gone,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,
    subscribeTo(id, listener) {
      const those = rows.get(id) ?? new Set();
      rows.set(id, those.add(listener));
      return () => {
        those.delete(listener);
        if (those.size === 0 && rows.get(id) === those) rows.delete(id);
      };
    },
    take: (found) => {
      for (const job of found) put(job);
    },
    onEnded(listener) {
      endings.add(listener);
      return () => endings.delete(listener);
    },
  };
}
