// A client without a connection: a test says what jobs there are, and counts who watches.

import type {
  JobSnapshot, JobsSnapshot, ProgressClient, Store, Watch, WatchHandlers,
} from "../../src/client.ts";
import type { Connection } from "../../src/connection.ts";
import { isTerminal, type Frame, type Job, type Selector, type Summary } from "../../src/job.ts";
import { Problem } from "../../src/problem.ts";

export interface FakeClient extends ProgressClient {
  /** Makes a newer state known to all who watch its job. */
  push(...jobs: Job[]): void;
  /** Says that a job is deleted. */
  drop(id: string): void;
  /** Says that a job cannot be had. */
  refuse(id: string, code: string): void;
  connect(connection: Partial<Connection> & Pick<Connection, "state">): void;
  summarize(summary: Summary): void;
  /** Who is subscribed to anything now. */
  subscriptions(): number;
  /** How many times anything began to be watched. */
  readonly begun: { count: number };
  /** The requests that were made: `cancel job-1`. */
  readonly requests: string[];
}

/** A job that has run for ten seconds, changed by `change`. */
export function aJob(change: Partial<Job> & { id: string }): Job {
  const started = new Date(Date.now() - 10_000).toISOString();
  return {
    project: "acme", kind: "feed:sync", title: "SigmaHQ", subject: null, owner: null, parent: null, retry_of: null,
    version: 1, status: "running", attempt: 1, message: null,
    progress: { current: 1500, total: 3000, unit: "rules", percent: 50 },
    phase: null, phases: [], rate: null, eta: null, counters: {}, metadata: {}, notices: { total: 0, recent: [] },
    children: null, cancel: null, stalled_at: null, result: null, error: null,
    created_at: started, started_at: started, updated_at: new Date().toISOString(),
    finished_at: change.status && isTerminal(change.status) ? new Date().toISOString() : null,
    ...change,
  };
}

interface Watcher {
  readonly selector: Selector;
  readonly handlers: WatchHandlers;
  synced: boolean;
}

export function fakeClient(): FakeClient {
  const jobs = new Map<string, Job>();
  const snapshots = new Map<string, JobSnapshot>();
  const jobStores = new Map<string, Store<JobSnapshot>>();
  const jobListeners = new Map<string, Set<() => void>>();
  const listListeners = new Set<() => void>();
  const listStores = new Map<string, Store<JobsSnapshot>>();
  const watchers = new Set<Watcher>();
  const frameListeners = new Set<(frame: Frame) => void>();
  const connection = box<Connection>({ state: "live", transport: "websocket", heardAt: Date.now(), staleSince: null });
  const summary = box<Summary | null>(null);
  const begun = { count: 0 };
  const requests: string[] = [];

  const listenersOf = (id: string) => {
    let set = jobListeners.get(id);
    if (!set) jobListeners.set(id, (set = new Set()));
    return set;
  };
  const tell = (listeners: Iterable<() => void> | undefined) => [...(listeners ?? [])].forEach((listener) => listener());
  const subscribeTo = <A extends unknown[]>(listeners: Set<(...values: A) => void>, listener: (...values: A) => void) => {
    begun.count += 1;
    const own = (...values: A) => listener(...values); // counted apart, also where one function subscribes twice
    listeners.add(own);
    return () => void listeners.delete(own);
  };

  function show(watcher: Watcher, job: Job, before: Job | null) {
    if (!matches(job, watcher.selector)) return;
    watcher.handlers.onJob?.(job as never, before as never);
    if (isTerminal(job.status) && !(before && isTerminal(before.status))) watcher.handlers.onSettled?.(job as never);
  }

  const client: FakeClient = {
    project: "acme",
    connection,
    summary,
    begun,
    requests,
    get: async (id) => {
      const job = jobs.get(id);
      if (!job) throw new Problem(404, "not_found", "There is no such job.");
      return job as never;
    },
    list: async (query = {}) => ({ items: [...jobs.values()].filter((job) => matches(job, query)) as never[], page: null }),
    history: async () => ({ items: [], next: null }),
    cancel: async (id) => {
      requests.push(`cancel ${id}`);
      const job = jobs.get(id) ?? aJob({ id });
      const cancel = { requested_at: new Date().toISOString(), reason: null, by: null };
      client.push({ ...job, version: job.version + 1, status: "cancelling", cancel });
      return jobs.get(id) as never;
    },
    retry: async (id) => {
      requests.push(`retry ${id}`);
      return aJob({ id: `${id}-again`, retry_of: id, status: "queued" }) as never;
    },
    wait: async (id) => client.get(id),
    watch(what, handlers = {}) {
      begun.count += 1;
      const selector = typeof what === "string" ? { job: what } : what;
      const watcher: Watcher = { selector, handlers: handlers as WatchHandlers, synced: false };
      watchers.add(watcher);
      queueMicrotask(() => {
        if (!watchers.has(watcher)) return;
        for (const job of jobs.values()) show(watcher, job, null);
        watcher.synced = true;
        handlers.onSynced?.();
      });
      const none: AsyncIterator<never> = { next: async () => ({ done: true, value: undefined }) };
      return { stop: () => void watchers.delete(watcher), [Symbol.asyncIterator]: () => none } satisfies Watch<never, never>;
    },
    job(id) {
      let store = jobStores.get(id);
      if (!store) {
        const loading: JobSnapshot = { state: "loading", job: null, error: null };
        store = {
          subscribe: (listener) => subscribeTo(listenersOf(id), listener),
          getSnapshot: () => snapshots.get(id) ?? loading,
        };
        jobStores.set(id, store);
      }
      return store as never;
    },
    jobs(selector = {}) {
      const key = JSON.stringify(selector);
      let store = listStores.get(key);
      if (!store) {
        let last: JobsSnapshot = { jobs: [], synced: true, error: null };
        store = {
          subscribe: (listener) => subscribeTo(listListeners, listener),
          getSnapshot() {
            const now = [...jobs.values()].filter((job) => matches(job, selector)).reverse();
            const same = now.length === last.jobs.length && now.every((job, at) => job === last.jobs[at]);
            if (!same) last = { jobs: now, synced: true, error: null };
            return last;
          },
        };
        listStores.set(key, store);
      }
      return store as never;
    },
    on: () => () => {},
    onFrame: (listener) => subscribeTo(frameListeners, listener),
    reconnect: () => void requests.push("reconnect"),
    close: () => {},
    push(...news) {
      for (const job of news) {
        const before = jobs.get(job.id) ?? null;
        jobs.set(job.id, job);
        snapshots.set(job.id, { state: "ready", job, error: null });
        const frame: Frame = { type: `${job.kind}:progress`, timestamp: job.updated_at, data: job };
        for (const listener of [...frameListeners]) listener(frame);
        for (const watcher of [...watchers]) if (watcher.synced) show(watcher, job, before);
        tell(jobListeners.get(job.id));
      }
      tell(listListeners);
    },
    drop(id) {
      const job = jobs.get(id) ?? null;
      jobs.delete(id);
      snapshots.set(id, { state: "gone", job, error: null });
      for (const watcher of [...watchers]) watcher.handlers.onGone?.(id);
      tell(jobListeners.get(id));
      tell(listListeners);
    },
    refuse(id, code) {
      snapshots.set(id, { state: "refused", job: null, error: new Problem(404, code, "There is no such job.") });
      tell(jobListeners.get(id));
    },
    connect: (next) => connection.set({ ...connection.getSnapshot(), ...next } as Connection),
    summarize: (next) => summary.set(next),
    subscriptions: () => {
      const ofJobs = [...jobListeners.values()].reduce((sum, set) => sum + set.size, 0);
      return ofJobs + listListeners.size + watchers.size + frameListeners.size + connection.size() + summary.size();
    },
  };

  function box<T>(value: T): Store<T> & { set(next: T): void; size(): number } {
    const listeners = new Set<() => void>();
    return {
      subscribe: (listener) => subscribeTo(listeners, listener),
      getSnapshot: () => value,
      set(next) {
        value = next;
        tell(listeners);
      },
      size: () => listeners.size,
    };
  }
  return client;
}

function matches(job: Job, selector: Selector): boolean {
  const among = (value: string | null, wanted: string | readonly string[] | undefined) =>
    wanted === undefined || [wanted].flat().some((one) => one === value || (one === "active" && !isTerminal(job.status)));
  return among(job.id, selector.job) && among(job.kind, selector.kind) && among(job.subject, selector.subject)
    && among(job.owner, selector.owner) && among(job.parent, selector.parent) && among(job.status, selector.status);
}
