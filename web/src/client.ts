// The public face: what an app asks of Milepost, in one object.

import type { Connection, TransportName } from "./connection.ts";
import type { Frame, HistoryItem, Job, JsonObject, Selector, Summary } from "./job.ts";
import type { Problem } from "./problem.ts";

/** What a store of this kind shows, and how to hear of changes: fits `useSyncExternalStore` as it is. */
export interface Store<T> {
  subscribe(listener: () => void): () => void;
  /** The same object until something changed. */
  getSnapshot(): T;
}

/** One job, as far as it is known. */
export type JobSnapshot<R = JsonObject, M = JsonObject> =
  | { readonly state: "loading"; readonly job: null; readonly error: null }
  | { readonly state: "ready"; readonly job: Job<R, M>; readonly error: null }
  /** Deleted or expired while it was watched: the last state there was. */
  | { readonly state: "gone"; readonly job: Job<R, M> | null; readonly error: null }
  /** `error.code`: `not_found`, `forbidden`, … */
  | { readonly state: "refused"; readonly job: Job<R, M> | null; readonly error: Problem };

/** The jobs of a selection, newest first by creation. */
export interface JobsSnapshot<R = JsonObject, M = JsonObject> {
  readonly jobs: readonly Job<R, M>[];
  /** Whether the first snapshot is complete. */
  readonly synced: boolean;
  readonly error: Problem | null;
}

export interface ListQuery extends Selector {
  /** Part of the title. */
  readonly q?: string;
  readonly created_after?: string;
  readonly created_before?: string;
  readonly limit?: number;
  readonly page?: string;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

export interface WatchHandlers<R = JsonObject, M = JsonObject> {
  /** Each newer state. Never an older one, never the same twice. */
  readonly onJob?: (job: Job<R, M>, before: Job<R, M> | null) => void;
  /** Once for each job that ends while watched, or had ended when it was first seen here. */
  readonly onSettled?: (job: Job<R, M>) => void;
  readonly onGone?: (id: string) => void;
  readonly onSynced?: () => void;
  readonly onError?: (error: Problem) => void;
}

/** A watch that runs. As an iterable it gives each newer state (a slow reader gets the newest of each job), and ends
 * when every named job is terminal or `stop` is called. It throws a `Problem` where the watch is refused. */
export interface Watch<R = JsonObject, M = JsonObject> extends AsyncIterable<Job<R, M>> {
  stop(): void;
}

/** What happened to a job, in the words of the kinds: `type` is `feed:sync:completed`, `scan:phase`, `scan:notice`, … */
export interface JobEvent<R = JsonObject, M = JsonObject> {
  readonly type: string;
  /** When, by the service's clock. */
  readonly at: string;
  /** The job as it stands now, which may be later than the event. */
  readonly job: Job<R, M>;
  /** What the event says of itself: the notice, the phase, the error, …; as in the history. */
  readonly data: JsonObject;
}

/** Narrows events to a "room": one thing worked on, one user, one job, children of one job. */
export type Room = Pick<Selector, "job" | "subject" | "owner" | "parent">;

export interface ClientOptions {
  /** The service, e.g. `https://progress.example.com`; "" = where the page came from. */
  readonly url: string;
  readonly project: string;
  /** Asked for each connection and again at 80 % of the token's life. Leave out where no credentials are needed. */
  readonly token?: () => Promise<string | null>;
  /** Best first. Default: all three. */
  readonly transports?: readonly TransportName[];
  /** How tabs share one connection: by a worker made by this function, else by a leader among the tabs (`true`), or not
   * at all (`false`). Default: `true` where the browser can. A worker is better: browsers slow down the timers of a
   * leader that is hidden. Tabs with tokens that differ in more than their times do not share. */
  readonly share?: boolean | (() => SharedWorker);
  /** Logs every frame and every change of the connection. */
  readonly debug?: boolean | ((...line: readonly unknown[]) => void);
}

export interface ProgressClient {
  readonly project: string;
  readonly connection: Store<Connection>;
  get<R = JsonObject, M = JsonObject>(id: string, options?: RequestOptions): Promise<Job<R, M>>;
  list<R = JsonObject, M = JsonObject>(query?: ListQuery, options?: RequestOptions): Promise<{ items: Job<R, M>[]; page: string | null }>;
  history(id: string, query?: { after?: number; limit?: number }, options?: RequestOptions): Promise<{ items: HistoryItem[]; next: number | null }>;
  cancel<R = JsonObject, M = JsonObject>(id: string, reason?: string): Promise<Job<R, M>>;
  retry<R = JsonObject, M = JsonObject>(id: string, body?: { id?: string; metadata?: JsonObject }): Promise<Job<R, M>>;
  /** The newest state when the job has ended. */
  wait<R = JsonObject, M = JsonObject>(id: string, options?: RequestOptions): Promise<Job<R, M>>;
  watch<R = JsonObject, M = JsonObject>(what: string | Selector, handlers?: WatchHandlers<R, M>): Watch<R, M>;
  /** Watched while anybody is subscribed. The same object for the same id. */
  job<R = JsonObject, M = JsonObject>(id: string): Store<JobSnapshot<R, M>>;
  /** Watched while anybody is subscribed. The same object for an equal selector. */
  jobs<R = JsonObject, M = JsonObject>(selector?: Selector): Store<JobsSnapshot<R, M>>;
  /** Pushed at most once a second while anybody is subscribed; null = not known yet, or not allowed. */
  readonly summary: Store<Summary | null>;
  /** Calls `listener` for what happens to jobs from now on: each happening once, none missed. `pattern` is a type
   * (`feed:sync:completed`), or one with `*` for any part or parts (`feed:*`, `*:failed`, `*`). The newest state of each
   * job of the kind and the room is held meanwhile, for as long as the service keeps the job: narrow it where many are. */
  on<R = JsonObject, M = JsonObject>(pattern: string, listener: (event: JobEvent<R, M>) => void, room?: Room): () => void;
  /** Every frame that comes, for logs and tools. */
  onFrame(listener: (frame: Frame) => void): () => void;
  /** Tries again at once, with fresh attempts. */
  reconnect(): void;
  /** Lets go of everything; the client cannot be used again. */
  close(): void;
}
