// The shapes of the contract: what is sent to the service, and what it answers. Types only.
// Made from the schemas that the service publishes, by `UPDATE_TYPES=1 cargo test types::`: edit those, not this.

/** JSON as it is carried unseen: `metadata`, `result`, `data`, `details`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** What made a version: the last part of a frame's `type`. */
export type Happening =
  | "created" | "started" | "phase" | "progress" | "notice" | "stalled" | "resumed" | "cancelling" | "retrying"
  | "children" | "completed" | "failed" | "cancelled";

/** Where a job stands. */
export type Status = "queued" | "running" | "cancelling" | "completed" | "failed" | "cancelled";

/** Where a phase stands. */
export type PhaseStatus = "pending" | "running" | "completed" | "failed" | "cancelled" | "skipped";

/** How grave a notice is. */
export type Level = "info" | "success" | "warning" | "error";

/** What a selection by status may say; `active` is all that are not terminal. */
export type StatusWord = "queued" | "running" | "cancelling" | "completed" | "failed" | "cancelled" | "active";

/** What is being worked on now. `percent` is the whole job, 0 to 100; null = not known yet. */
export interface Progress {
  readonly current: number;
  readonly total: number | null;
  readonly unit: string | null;
  readonly percent: number | null;
}

/** A part of the work, in the order of the plan. */
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

/** How fast it goes. */
export interface Rate {
  readonly per_second: number;
}

/** When it will be done, as of `updated_at`. */
export interface Eta {
  readonly seconds: number;
  readonly finish_at: string;
}

/** A discrete happening. `number` counts from 1 within a job. */
export interface Notice {
  readonly number: number;
  readonly at: string;
  readonly level: Level;
  readonly code: string | null;
  readonly message: string;
  readonly data: JsonObject;
}

/** How many there were, and the newest ten. */
export interface Notices {
  readonly total: number;
  readonly recent: readonly Notice[];
}

/** The jobs that name this one as their parent. */
export interface Children {
  readonly total: number;
  readonly finished: number;
  readonly failed: number;
}

/** Who asked the job to stop, when and why. */
export interface CancelRequest {
  readonly requested_at: string;
  readonly reason: string | null;
  readonly by: string | null;
}

/** Why it failed. */
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
  readonly rate: Rate | null;
  readonly eta: Eta | null;
  readonly counters: { readonly [name: string]: number };
  readonly metadata: Metadata;
  readonly notices: Notices;
  readonly children: Children | null;
  readonly cancel: CancelRequest | null;
  readonly stalled_at: string | null;
  readonly result: Result | null;
  readonly error: JobError | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly updated_at: string;
  readonly finished_at: string | null;
}

/** A job's state in its envelope: what every transport carries. At most 64 KiB. */
export interface Frame<Result = JsonObject, Metadata = JsonObject> {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Job<Result, Metadata>;
}

/** A phase as it is announced. */
export interface PhasePlan {
  /** Its name. */
  readonly name: string;
  /** How much there is to do in it. */
  readonly total?: number | null;
  /** What is counted. */
  readonly unit?: string | null;
  /** Its share of the whole, relative to the others. */
  readonly weight?: number | null;
}

/** What a job is created with. A parent must exist and not be terminal. */
export interface Creation {
  readonly kind: string;
  /** How long its worker may be silent before the job counts as stalled. */
  readonly lease_seconds?: number | null;
  /** How long it may be stalled before it ends. */
  readonly lost_after_seconds?: number | null;
  /** An object that passes through unread. At most 4096 bytes as compact JSON. */
  readonly metadata?: JsonObject | null;
  readonly owner?: string | null;
  readonly parent?: string | null;
  /** The plan, in order. No name twice. */
  readonly phases?: readonly PhasePlan[] | null;
  /** How long it may be queued before it fails; 0 = any time. */
  readonly start_within_seconds?: number | null;
  readonly subject?: string | null;
  /** What people call it. */
  readonly title?: string | null;
  /** How much there is to do, where there are no phases. */
  readonly total?: number | null;
  /** What is counted. */
  readonly unit?: string | null;
}

/** What is sent to cancel a job. */
export interface CancelWish {
  /** Why. */
  readonly reason?: string | null;
}

/** What the new job has in place of the old one's. */
export interface RetryWish {
  readonly id?: string | null;
  /** An object that passes through unread. At most 4096 bytes as compact JSON. */
  readonly metadata?: JsonObject | null;
}

/** Why an attempt failed, as its worker says it. */
export interface Failure {
  /** A stable word for programs. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
  /** An object that passes through unread. At most 16384 bytes as compact JSON. */
  readonly details?: JsonObject | null;
  /** Where it failed. */
  readonly phase?: string | null;
  /** When another try may help. */
  readonly retry_after_seconds?: number | null;
  /** Whether another try may help. */
  readonly retryable?: boolean | null;
}

/** Claims the job: opens an attempt. */
export interface ReportStarted {
  readonly type: "started";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
  /** How much there is to do. */
  readonly total?: number | null;
  /** What is counted. */
  readonly unit?: string | null;
  /** One run of a worker process. */
  readonly worker?: string | null;
}

/** Ends the running phase and starts this one. */
export interface ReportPhase {
  readonly type: "phase";
  /** Which one. */
  readonly name: string;
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
  /** How much there is to do in it. */
  readonly total?: number | null;
  /** What is counted. */
  readonly unit?: string | null;
}

/** How far the work is. Absolute values: saying it twice is harmless. */
export interface ReportProgress {
  readonly type: "progress";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** Numbers by name, the last value wins. At most 32 names in a job. */
  readonly counters?: { readonly [name: string]: number } | null;
  /** How much is done; never lower than before. */
  readonly current?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** An object that passes through unread. At most 4096 bytes as compact JSON. */
  readonly metadata?: JsonObject | null;
  /** Only where there is nothing to count. */
  readonly percent?: number;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
  /** How much there is to do. */
  readonly total?: number | null;
  /** What is counted. */
  readonly unit?: string | null;
}

/** Something happened. More than 50 a second on one job are refused. */
export interface ReportNotice {
  readonly type: "notice";
  /** A sentence for people. */
  readonly message: string;
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A stable word for programs. */
  readonly code?: string | null;
  /** An object that passes through unread. At most 1024 bytes as compact JSON. */
  readonly data?: JsonObject | null;
  readonly level?: Level | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** The worker lives. */
export interface ReportHeartbeat {
  readonly type: "heartbeat";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
}

/** This attempt failed; the job is queued again. */
export interface ReportRetrying {
  readonly type: "retrying";
  readonly error: Failure;
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** The end: it is done. */
export interface ReportCompleted {
  readonly type: "completed";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** An object that passes through unread. At most 16384 bytes as compact JSON. */
  readonly result?: JsonObject | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** The end: it failed. */
export interface ReportFailed {
  readonly type: "failed";
  readonly error: Failure;
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** The end: the worker gave up. */
export interface ReportCancelled {
  readonly type: "cancelled";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** What a worker says about a job. */
export type Report =
  | ReportStarted | ReportPhase | ReportProgress | ReportNotice | ReportHeartbeat | ReportRetrying | ReportCompleted
  | ReportFailed | ReportCancelled;

/** Claims the job: opens an attempt. */
export interface AddressedReportStarted {
  readonly job: string;
  readonly type: "started";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
  /** How much there is to do. */
  readonly total?: number | null;
  /** What is counted. */
  readonly unit?: string | null;
  /** One run of a worker process. */
  readonly worker?: string | null;
}

/** Ends the running phase and starts this one. */
export interface AddressedReportPhase {
  readonly job: string;
  readonly type: "phase";
  /** Which one. */
  readonly name: string;
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
  /** How much there is to do in it. */
  readonly total?: number | null;
  /** What is counted. */
  readonly unit?: string | null;
}

/** How far the work is. Absolute values: saying it twice is harmless. */
export interface AddressedReportProgress {
  readonly job: string;
  readonly type: "progress";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** Numbers by name, the last value wins. At most 32 names in a job. */
  readonly counters?: { readonly [name: string]: number } | null;
  /** How much is done; never lower than before. */
  readonly current?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** An object that passes through unread. At most 4096 bytes as compact JSON. */
  readonly metadata?: JsonObject | null;
  /** Only where there is nothing to count. */
  readonly percent?: number;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
  /** How much there is to do. */
  readonly total?: number | null;
  /** What is counted. */
  readonly unit?: string | null;
}

/** Something happened. More than 50 a second on one job are refused. */
export interface AddressedReportNotice {
  readonly job: string;
  readonly type: "notice";
  /** A sentence for people. */
  readonly message: string;
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A stable word for programs. */
  readonly code?: string | null;
  /** An object that passes through unread. At most 1024 bytes as compact JSON. */
  readonly data?: JsonObject | null;
  readonly level?: Level | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** The worker lives. */
export interface AddressedReportHeartbeat {
  readonly job: string;
  readonly type: "heartbeat";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
}

/** This attempt failed; the job is queued again. */
export interface AddressedReportRetrying {
  readonly job: string;
  readonly type: "retrying";
  readonly error: Failure;
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** The end: it is done. */
export interface AddressedReportCompleted {
  readonly job: string;
  readonly type: "completed";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** An object that passes through unread. At most 16384 bytes as compact JSON. */
  readonly result?: JsonObject | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** The end: it failed. */
export interface AddressedReportFailed {
  readonly job: string;
  readonly type: "failed";
  readonly error: Failure;
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** The end: the worker gave up. */
export interface AddressedReportCancelled {
  readonly job: string;
  readonly type: "cancelled";
  /** The attempt it speaks for: an older one is refused. */
  readonly attempt?: number | null;
  /** A sentence for people. */
  readonly message?: string | null;
  /** Rising per attempt: an old one changes nothing. */
  readonly seq?: number | null;
}

/** A report that names its job, for many jobs in one request. */
export type AddressedReport =
  | AddressedReportStarted | AddressedReportPhase | AddressedReportProgress | AddressedReportNotice
  | AddressedReportHeartbeat | AddressedReportRetrying | AddressedReportCompleted | AddressedReportFailed
  | AddressedReportCancelled;

/** What a report is answered. */
export interface ReportAnswer {
  /** False where it changed nothing: it was known, or old. */
  readonly applied: boolean;
  readonly attempt: number;
  /** Somebody wishes that the work stops. */
  readonly cancel_requested: boolean;
  /** True where it is in Postgres, flushed; false where it will be within 500 ms. */
  readonly durable: boolean;
  readonly status: Status;
  readonly version: number;
}

/** What is wrong with a body, and where. */
export interface Fault {
  readonly detail: string;
  /** JSON pointer into the body. */
  readonly pointer: string;
}

/** Where the job stands. */
export interface Standing {
  readonly status: Status;
  readonly attempt: number;
  readonly version?: number;
}

/** A refusal (RFC 9457). */
export interface ProblemDetails {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  /** A sentence for people, with the remedy. */
  readonly detail: string;
  /** A stable word for programs. */
  readonly code: string;
  /** What is wrong with the body, and where. */
  readonly errors?: readonly Fault[];
  /** Where the job stands. */
  readonly job?: Standing;
  readonly retry_after_seconds?: number;
}

/** What many reports are answered, in their order. */
export interface ReportAnswers {
  readonly items: readonly (ReportAnswer | ProblemDetails)[];
}

/** One of the kept happenings of a job; `number` counts within the history. */
export interface HistoryItem {
  readonly at: string;
  readonly data: JsonObject;
  readonly number: number;
  readonly type: string;
  readonly version: number;
}

/** The kept happenings of a job, oldest first. */
export interface History {
  readonly items: readonly HistoryItem[];
  /** The number to go on after; null where this was all. */
  readonly next: number | null;
}

/** The list for people, newest first. */
export interface JobList {
  readonly items: readonly Frame[];
  /** What to ask with as `page` for what comes next; null where this was all. */
  readonly page: string | null;
}

/** What a poll is answered. */
export interface ProgressPage {
  readonly cursor: string;
  /** These replace what the cursor spoke of. */
  readonly reset: boolean;
  readonly poll_after_ms: number;
  readonly items: readonly Frame[];
  /** More are waiting: ask at once. */
  readonly more?: boolean;
  /** The database could not be verified for 5 s. */
  readonly stale?: boolean;
}

/** How many jobs stand where. */
export interface StatusCounts {
  readonly cancelled: number;
  readonly cancelling: number;
  readonly completed: number;
  readonly failed: number;
  readonly queued: number;
  readonly running: number;
}

/** The jobs of one kind. */
export interface KindSummary {
  readonly by_status: { readonly [name in Status]?: number };
  readonly counters: { readonly [name: string]: number };
}

/** How many ended how. */
export interface EndedCounts {
  readonly cancelled: number;
  readonly completed: number;
  readonly failed: number;
}

/** A dashboard's tiles. */
export interface Summary {
  readonly by_kind: { readonly [name: string]: KindSummary };
  readonly by_status: StatusCounts;
  readonly last_24h: EndedCounts;
  readonly stalled: number;
  readonly total: number;
}

/** Opens one stream within 30 s. */
export interface Ticket {
  readonly expires_at: string;
  readonly ticket: string;
}

/** Why a stream ends: the word of a close, too. */
export type EndReason =
  | "finished" | "restarting" | "overloaded" | "unavailable" | "protocol_error" | "text_only" | "bad_utf8"
  | "too_large" | "bad_command" | "unauthorized" | "forbidden" | "not_found" | "too_slow" | "rotated" | "limited";

/** Why a stream of server-sent events ends. */
export type EventsEndReason =
  | "finished" | "restarting" | "overloaded" | "unavailable" | "unauthorized" | "forbidden" | "not_found" | "too_slow"
  | "rotated" | "limited";

/** What an `error` over a WebSocket is about. */
export type ErrorCode =
  | "bad_command" | "unauthorized" | "invalid_token" | "token_expired" | "auth_not_configured" | "forbidden"
  | "not_found" | "finished" | "overloaded" | "unavailable" | "limited";

/** The subscription was accepted; its first snapshot follows. `cursor` is the one it came with. */
export interface SubscribedMessage {
  readonly type: "subscribed";
  /** Which subscription; 0 is that of the URL. */
  readonly id: number;
  /** Opaque: give it back to go on from here. */
  readonly cursor: string | null;
}

/** The first snapshot is complete: what was not sent does not exist. From here on come changes. */
export interface SyncedMessage {
  readonly type: "synced";
  /** Which subscription; 0 is that of the URL. */
  readonly id: number;
  /** Opaque: give it back to go on from here. */
  readonly cursor: string | null;
}

/** The subscription is over, as asked. */
export interface UnsubscribedMessage {
  readonly type: "unsubscribed";
  /** Which subscription; 0 is that of the URL. */
  readonly id: number;
}

/** The snapshot that follows replaces what the cursor asked for: forget what you hold. */
export interface ResetMessage {
  readonly type: "reset";
  /** Which subscription; 0 is that of the URL. */
  readonly id: number;
}

/** A subscription is over: `finished` where all its jobs have ended. */
export interface EndMessage {
  readonly type: "end";
  readonly reason: EndReason;
  /** Opaque: give it back to go on from here. */
  readonly cursor?: string | null;
  /** Which subscription; 0 is that of the URL. */
  readonly id?: number;
  /** When to come back, where that is said. */
  readonly retry_after_seconds?: number;
}

/** A sign of life, every 15 s, busy or not. `cursor` is where to resume from. */
export interface PingMessage {
  readonly type: "ping";
  readonly timestamp: string;
  /** Opaque: give it back to go on from here. */
  readonly cursor: string | null;
}

/** The service could not verify with its database since then: what is shown may be old. */
export interface StaleMessage {
  readonly type: "stale";
  readonly since: string;
}

/** It can again. */
export interface FreshMessage {
  readonly type: "fresh";
}

/** The job was deleted, or has expired. */
export interface GoneMessage {
  readonly type: "gone";
  readonly job: string;
}

/** The project's tiles, at most once a second, to who asked for them (`summary=true`). */
export interface SummaryMessage {
  readonly type: "summary";
  readonly data: Summary;
}

/** A command was refused, or the socket is about to close. */
export interface ErrorMessage {
  readonly type: "error";
  /** For programs; stable. */
  readonly code: ErrorCode;
  /** For people. */
  readonly message: string;
  /** Which subscription; 0 is that of the URL. */
  readonly id?: number;
  /** When to come back, where that is said. */
  readonly retry_after_seconds?: number;
}

/** The command was carried out. */
export interface AcceptedMessage {
  readonly type: "accepted";
  readonly op: "cancel";
  readonly job: string;
}

/** The token was taken; the socket may go on until it ends. */
export interface AuthorizedMessage {
  readonly type: "authorized";
  readonly expires_at: string | null;
}

/** The service closes the stream; `reason` says whether to come back. */
export interface EndEvent {
  readonly reason: EventsEndReason;
  /** When to come back, where that is said. */
  readonly retry_after_seconds?: number;
}

/** A sign of life, every 15 s, busy or not. `cursor` is where to resume from. */
export interface PingEvent {
  readonly timestamp: string;
  /** Opaque: give it back to go on from here. */
  readonly cursor: string | null;
}

/** The job was deleted, or has expired. */
export interface GoneEvent {
  readonly job: string;
}

/** Watch what the conditions select; none selects the whole project. An id in use: its selection is replaced. */
export interface SubscribeCommand {
  readonly op: "subscribe";
  /** The client's own number for it. */
  readonly id: number;
  /** Only what changed since it was given. */
  readonly cursor?: string | null;
  /** Do not end when all that is named has ended. */
  readonly follow?: boolean;
  /** One of these jobs. */
  readonly job?: string | readonly string[] | null;
  readonly kind?: string | null;
  readonly owner?: string | null;
  readonly parent?: string | null;
  /** Jobs in one of these; `active` is all that are not terminal. */
  readonly status?: StatusWord | readonly StatusWord[] | null;
  readonly subject?: string | null;
  /** Not jobs, but the project's tiles; then without any condition. */
  readonly summary?: boolean;
}

/** Watch it no more. */
export interface UnsubscribeCommand {
  readonly op: "unsubscribe";
  /** Which subscription. */
  readonly id: number;
}

/** A token: the first within 10 s where the handshake had none, a newer one before the old one ends. */
export interface AuthCommand {
  readonly op: "auth";
  /** A JWT. */
  readonly token: string;
}

/** Ask a job to stop. Needs the scope `cancel`. */
export interface CancelCommand {
  readonly op: "cancel";
  readonly job: string;
  /** Why. */
  readonly reason?: string | null;
}

/** An answer to `ping`, for clients that like to give one. Nothing waits for it. */
export interface PongCommand {
  readonly op: "pong";
}

/** What a WebSocket says beside frames. */
export type StreamMessage =
  | SubscribedMessage | SyncedMessage | UnsubscribedMessage | ResetMessage | EndMessage | PingMessage | StaleMessage
  | FreshMessage | GoneMessage | SummaryMessage | ErrorMessage | AcceptedMessage | AuthorizedMessage;

/** What a client may say over a WebSocket. */
export type StreamCommand = SubscribeCommand | UnsubscribeCommand | AuthCommand | CancelCommand | PongCommand;
