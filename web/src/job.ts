// The words of the contract: the state of a job, the frame it travels in, and what selects jobs. Types only.

/** JSON as it is carried unseen: `metadata`, `result`, `data`, `details`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type Status = "queued" | "running" | "cancelling" | "completed" | "failed" | "cancelled";
export type PhaseStatus = "pending" | "running" | "completed" | "failed" | "cancelled" | "skipped";
export type Level = "info" | "success" | "warning" | "error";

/** What is being worked on now. `percent` is the whole job, 0 … 100; null = not known yet. */
export interface Progress {
  readonly current: number;
  readonly total: number | null;
  readonly unit: string | null;
  readonly percent: number | null;
}

export interface Phase {
  readonly name: string;
  readonly status: PhaseStatus;
  readonly weight: number;
  readonly current: number;
  readonly total: number | null;
  readonly unit: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

/** A discrete happening. `number` counts from 1 within a job. */
export interface Notice {
  readonly number: number;
  readonly at: string;
  readonly level: Level;
  readonly code: string | null;
  readonly message: string;
  readonly data: JsonObject | null;
}

export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retry_after_seconds: number | null;
  readonly phase: string | null;
  readonly details: JsonObject | null;
}

/** A job as it stands. Times are RFC 3339, UTC. */
export interface Job<Result = JsonObject, Metadata = JsonObject> {
  readonly project: string;
  readonly id: string;
  readonly kind: string;
  readonly title: string | null;
  readonly subject: string | null;
  readonly owner: string | null;
  readonly parent: string | null;
  readonly retry_of: string | null;
  readonly version: number;
  readonly status: Status;
  readonly attempt: number;
  readonly message: string | null;
  readonly progress: Progress;
  readonly phase: string | null;
  readonly phases: readonly Phase[];
  readonly rate: { readonly per_second: number } | null;
  readonly eta: { readonly seconds: number; readonly finish_at: string } | null;
  readonly counters: { readonly [name: string]: number };
  readonly metadata: Metadata;
  readonly notices: { readonly total: number; readonly recent: readonly Notice[] };
  readonly children: { readonly total: number; readonly finished: number; readonly failed: number } | null;
  readonly cancel: { readonly requested_at: string; readonly reason: string | null; readonly by: string | null } | null;
  readonly stalled_at: string | null;
  readonly result: Result | null;
  readonly error: JobError | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly updated_at: string;
  readonly finished_at: string | null;
}

/** What made a version: the last part of a frame's `type`. */
export type Happening =
  | "created" | "started" | "phase" | "progress" | "notice" | "stalled" | "resumed" | "cancelling" | "retrying"
  | "children" | "completed" | "failed" | "cancelled";

/** A state in its envelope: what every transport carries. */
export interface Frame<Result = JsonObject, Metadata = JsonObject> {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Job<Result, Metadata>;
}

/** Which jobs. All conditions must hold; none = the whole project. */
export interface Selector {
  readonly job?: string | readonly string[];
  readonly kind?: string;
  readonly subject?: string;
  readonly owner?: string;
  readonly parent?: string;
  readonly status?: Status | "active" | readonly (Status | "active")[];
}

/** A dashboard's tiles. */
export interface Summary {
  readonly total: number;
  readonly stalled: number;
  readonly by_status: { readonly [status in Status]?: number };
  readonly by_kind: {
    readonly [kind: string]: {
      readonly by_status: { readonly [status in Status]?: number };
      readonly counters: { readonly [name: string]: number };
    };
  };
  readonly last_24h: { readonly completed: number; readonly failed: number; readonly cancelled: number };
}

/** One of the kept happenings of a job; `number` counts within the history. */
export interface HistoryItem {
  readonly number: number;
  readonly version: number;
  readonly at: string;
  readonly type: string;
  readonly data: JsonObject;
}

/** Whether a job will never change again. */
export function isTerminal(status: Status): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}
