// The client, put together: requests, what is known of jobs, and a line to whoever holds the connection.

import type { TokenSource } from "./token-source.ts";
import { call } from "./call.ts";
import type { ClientOptions, ProgressClient, RequestOptions, Store } from "./client.ts";
import type { Connection } from "./connection.ts";
import { createEvents } from "./events.ts";
import type { Frame, HistoryItem, Summary } from "./job.ts";
import { createGrace } from "./grace.ts";
import { createJobs, type Known } from "./jobs.ts";
import { createLine } from "./line.ts";
import { createPace } from "./pace.ts";
import type { Host, Update } from "./port.ts";
import { Problem } from "./problem.ts";
import { createRequest, type Ask } from "./request.ts";
import { keyOf, normal, pairsOf } from "./selector.ts";
import { createShelf, createStore, jobsStore, jobStore } from "./store.ts";
import { wait } from "./wait.ts";
import { createWatch } from "./watch.ts";

type JobPage = { readonly items: readonly Frame<never, never>[]; readonly page: string | null };
type HistoryPage = { items: HistoryItem[]; next: number | null };

const CLOSED: Connection = { state: "closed", reason: null, transport: null, heardAt: null, staleSince: null };

/** A client whose connection is held by `host`. */
export function assemble(options: ClientOptions, host: Host, tokens: TokenSource): ProgressClient {
  const root = options.url.replace(/\/+$/, "");
  const request = createRequest(`${root}/v1/projects/${encodeURIComponent(options.project)}`, tokens);
  const debug = options.debug === true ? console.debug : options.debug;
  const pace = createPace();
  const grace = createGrace();
  const line = createLine(host, take);
  const jobs = createJobs(line.send, (frame, before) => events.changed(frame, before), find, grace);
  const events = createEvents(jobs, history);
  const shelf = createShelf(grace);
  const frameListeners = new Set<(frame: Frame) => void>();
  const connection = valueStore<Connection>(CLOSED);
  const summary = valueStore<Summary | null>(null, (on) => line.send({ op: "summary", on }));

  function take(update: Update): void {
    if (update.type === "connection") {
      if (debug) debug("milepost", "connection", update.connection);
      connection.set(update.connection);
    } else if (update.type === "summary") summary.set(update.summary);
    else {
      if (update.type === "frames") update.frames.forEach(show);
      jobs.take(update);
    }
  }

  function show(frame: Frame): void {
    if (debug) debug("milepost", "frame", frame);
    for (const listener of [...frameListeners]) call(listener, frame);
  }

  // A value that is sent as a whole; `want` hears whether anybody is there to see it, with a moment's grace.
  function valueStore<T>(value: T, want?: (on: boolean) => void): Store<T> & { set(next: T): void } {
    let touch = (): void => {};
    let wanted = 0;
    const store = createStore(pace, () => value, (changed) => {
      touch = changed;
      if (wanted++ === 0) want?.(true);
      return () => grace(() => --wanted || want?.(false));
    });
    return { ...store, set(next) { value = next; touch(); } };
  }

  /** An answer that is a frame is news like any other. */
  async function framed(path: string, ask?: Ask): Promise<Known> {
    const frame = await request<Frame<never, never>>(path, ask);
    jobs.frame(frame);
    return frame.data;
  }

  async function find(id: string): Promise<void> {
    if (jobs.closed()) return;
    try {
      await framed(pathOf(id));
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 404) jobs.take({ type: "gone", job: id });
      else setTimeout(find, 5_000, id);
    }
  }

  function history(id: string, query = {}, ask: RequestOptions = {}): Promise<HistoryPage> {
    return request(`${pathOf(id)}/history`, { ...ask, query: words(query) });
  }

  return {
    project: options.project,
    connection,
    summary,
    history,
    get: (id, ask) => framed(pathOf(id), ask),
    async list(query = {}, ask) {
      const { q, created_after, created_before, limit, page, ...selector } = query;
      const rest = words({ q, created_after, created_before, limit, page });
      const selection = normal(selector);
      // An empty list of ids selects nothing; as a query it would be no condition.
      if (selection.job?.length === 0) return { items: [], page: null };
      const found = await request<JobPage>("/jobs", { ...ask, query: [...pairsOf(selection), ...rest] });
      return { items: found.items.map((frame) => frame.data), page: found.page };
    },
    cancel: (id, reason) => framed(`${pathOf(id)}/cancel`, { method: "POST", body: { reason } }),
    retry: (id, body = {}) => framed(`${pathOf(id)}/retry`, { method: "POST", body }),
    wait: (id, { signal } = {}) => wait(jobs, id, signal),
    watch: (what, handlers) => createWatch(jobs, typeof what === "string" ? { job: what } : what, handlers),
    job: (id) => shelf(`job ${id}`, () => jobStore(pace, jobs, id)),
    jobs: (selector = {}) => shelf(keyOf(normal(selector)), () => jobsStore(pace, jobs, selector)),
    on: events.on,
    onFrame(listener) {
      const own = (frame: Frame): void => listener(frame);
      frameListeners.add(own);
      return () => void frameListeners.delete(own);
    },
    reconnect: () => line.send({ op: "reconnect" }),
    close() {
      if (jobs.closed()) return;
      line.close();
      jobs.close();
      take({ type: "connection", connection: CLOSED });
    },
  };
}

function pathOf(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`;
}

function words(query: { readonly [name: string]: string | number | undefined }): [string, string][] {
  return Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`]]));
}
