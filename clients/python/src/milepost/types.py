"""The shapes of the contract: what is sent to the service, and what it answers.

Made from the schemas that the service publishes, by ``UPDATE_TYPES=1 cargo test types::``: edit
those, not this.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union

JsonObject = dict[str, Any]

# What made a version: the last part of a frame's `type`.
Happening = Literal[
    "created",
    "started",
    "phase",
    "progress",
    "notice",
    "stalled",
    "resumed",
    "cancelling",
    "retrying",
    "children",
    "completed",
    "failed",
    "cancelled",
]

# Where a job stands.
Status = Literal["queued", "running", "cancelling", "completed", "failed", "cancelled"]

# Where a phase stands.
PhaseStatus = Literal["pending", "running", "completed", "failed", "cancelled", "skipped"]

# How grave a notice is.
Level = Literal["info", "success", "warning", "error"]

# What a selection by status may say; `active` is all that are not terminal.
StatusWord = Literal[
    "queued",
    "running",
    "cancelling",
    "completed",
    "failed",
    "cancelled",
    "active",
]


class Progress(TypedDict):
    """What is being worked on now. `percent` is the whole job, 0 to 100; null = not known yet."""

    current: int
    total: int | None
    unit: str | None
    percent: float | None


class Phase(TypedDict):
    """A part of the work, in the order of the plan."""

    name: str
    status: PhaseStatus
    weight: float
    current: int
    total: int | None
    unit: str | None
    started_at: str | None
    finished_at: str | None


class Rate(TypedDict):
    """How fast it goes."""

    per_second: float


class Eta(TypedDict):
    """When it will be done, as of `updated_at`."""

    seconds: int
    finish_at: str


class Notice(TypedDict):
    """A discrete happening. `number` counts from 1 within a job."""

    number: int
    at: str
    level: Level
    code: str | None
    message: str
    data: JsonObject


class Notices(TypedDict):
    """How many there were, and the newest ten."""

    total: int
    recent: list[Notice]


class Children(TypedDict):
    """The jobs that name this one as their parent."""

    total: int
    finished: int
    failed: int


class CancelRequest(TypedDict):
    """Who asked the job to stop, when and why."""

    requested_at: str
    reason: str | None
    by: str | None


class JobError(TypedDict):
    """Why it failed."""

    code: str
    message: str
    retryable: bool
    retry_after_seconds: int | None
    phase: str | None
    details: JsonObject | None


class JobState(TypedDict):
    """A job as it stands. Times are RFC 3339, UTC."""

    project: str
    id: str
    kind: str
    title: str | None
    subject: str | None
    owner: str | None
    parent: str | None
    retry_of: str | None
    version: int
    status: Status
    attempt: int
    message: str | None
    progress: Progress
    phase: str | None
    phases: list[Phase]
    rate: Rate | None
    eta: Eta | None
    counters: dict[str, float]
    metadata: JsonObject
    notices: Notices
    children: Children | None
    cancel: CancelRequest | None
    stalled_at: str | None
    result: JsonObject | None
    error: JobError | None
    created_at: str
    started_at: str | None
    updated_at: str
    finished_at: str | None


class Frame(TypedDict):
    """A job's state in its envelope: what every transport carries. At most 64 KiB."""

    type: str
    timestamp: str
    data: JobState


class _PhasePlan(TypedDict):
    # Its name.
    name: str


class PhasePlan(_PhasePlan, total=False):
    """A phase as it is announced."""

    # How much there is to do in it.
    total: int | None
    # What is counted.
    unit: str | None
    # Its share of the whole, relative to the others.
    weight: float | None


class _Creation(TypedDict):
    kind: str


class Creation(_Creation, total=False):
    """What a job is created with. A parent must exist and not be terminal."""

    # How long its worker may be silent before the job counts as stalled.
    lease_seconds: int | None
    # How long it may be stalled before it ends.
    lost_after_seconds: int | None
    # An object that passes through unread. At most 4096 bytes as compact JSON.
    metadata: JsonObject | None
    owner: str | None
    parent: str | None
    # The plan, in order. No name twice.
    phases: list[PhasePlan] | None
    # How long it may be queued before it fails; 0 = any time.
    start_within_seconds: int | None
    subject: str | None
    # What people call it.
    title: str | None
    # How much there is to do, where there are no phases.
    total: int | None
    # What is counted.
    unit: str | None


class CancelWish(TypedDict, total=False):
    """What is sent to cancel a job."""

    # Why.
    reason: str | None


class RetryWish(TypedDict, total=False):
    """What the new job has in place of the old one's."""

    id: str | None
    # An object that passes through unread. At most 4096 bytes as compact JSON.
    metadata: JsonObject | None


class _Failure(TypedDict):
    # A stable word for programs.
    code: str
    # A sentence for people.
    message: str


class Failure(_Failure, total=False):
    """Why an attempt failed, as its worker says it."""

    # An object that passes through unread. At most 16384 bytes as compact JSON.
    details: JsonObject | None
    # Where it failed.
    phase: str | None
    # When another try may help.
    retry_after_seconds: int | None
    # Whether another try may help.
    retryable: bool | None


class _ReportStarted(TypedDict):
    type: Literal["started"]


class ReportStarted(_ReportStarted, total=False):
    """Claims the job: opens an attempt."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None
    # How much there is to do.
    total: int | None
    # What is counted.
    unit: str | None
    # One run of a worker process.
    worker: str | None


class _ReportPhase(TypedDict):
    type: Literal["phase"]
    # Which one.
    name: str


class ReportPhase(_ReportPhase, total=False):
    """Ends the running phase and starts this one."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None
    # How much there is to do in it.
    total: int | None
    # What is counted.
    unit: str | None


class _ReportProgress(TypedDict):
    type: Literal["progress"]


class ReportProgress(_ReportProgress, total=False):
    """How far the work is. Absolute values: saying it twice is harmless."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # Numbers by name, the last value wins. At most 32 names in a job.
    counters: dict[str, float] | None
    # How much is done; never lower than before.
    current: int | None
    # A sentence for people.
    message: str | None
    # An object that passes through unread. At most 4096 bytes as compact JSON.
    metadata: JsonObject | None
    # Only where there is nothing to count.
    percent: float
    # Rising per attempt: an old one changes nothing.
    seq: int | None
    # How much there is to do.
    total: int | None
    # What is counted.
    unit: str | None


class _ReportNotice(TypedDict):
    type: Literal["notice"]
    # A sentence for people.
    message: str


class ReportNotice(_ReportNotice, total=False):
    """Something happened. More than 50 a second on one job are refused."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A stable word for programs.
    code: str | None
    # An object that passes through unread. At most 1024 bytes as compact JSON.
    data: JsonObject | None
    level: Level | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


class _ReportHeartbeat(TypedDict):
    type: Literal["heartbeat"]


class ReportHeartbeat(_ReportHeartbeat, total=False):
    """The worker lives."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None


class _ReportRetrying(TypedDict):
    type: Literal["retrying"]
    error: Failure


class ReportRetrying(_ReportRetrying, total=False):
    """This attempt failed; the job is queued again."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


class _ReportCompleted(TypedDict):
    type: Literal["completed"]


class ReportCompleted(_ReportCompleted, total=False):
    """The end: it is done."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # An object that passes through unread. At most 16384 bytes as compact JSON.
    result: JsonObject | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


class _ReportFailed(TypedDict):
    type: Literal["failed"]
    error: Failure


class ReportFailed(_ReportFailed, total=False):
    """The end: it failed."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


class _ReportCancelled(TypedDict):
    type: Literal["cancelled"]


class ReportCancelled(_ReportCancelled, total=False):
    """The end: the worker gave up."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


# What a worker says about a job.
Report = Union[
    ReportStarted,
    ReportPhase,
    ReportProgress,
    ReportNotice,
    ReportHeartbeat,
    ReportRetrying,
    ReportCompleted,
    ReportFailed,
    ReportCancelled,
]


class _AddressedReportStarted(TypedDict):
    job: str
    type: Literal["started"]


class AddressedReportStarted(_AddressedReportStarted, total=False):
    """Claims the job: opens an attempt."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None
    # How much there is to do.
    total: int | None
    # What is counted.
    unit: str | None
    # One run of a worker process.
    worker: str | None


class _AddressedReportPhase(TypedDict):
    job: str
    type: Literal["phase"]
    # Which one.
    name: str


class AddressedReportPhase(_AddressedReportPhase, total=False):
    """Ends the running phase and starts this one."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None
    # How much there is to do in it.
    total: int | None
    # What is counted.
    unit: str | None


class _AddressedReportProgress(TypedDict):
    job: str
    type: Literal["progress"]


class AddressedReportProgress(_AddressedReportProgress, total=False):
    """How far the work is. Absolute values: saying it twice is harmless."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # Numbers by name, the last value wins. At most 32 names in a job.
    counters: dict[str, float] | None
    # How much is done; never lower than before.
    current: int | None
    # A sentence for people.
    message: str | None
    # An object that passes through unread. At most 4096 bytes as compact JSON.
    metadata: JsonObject | None
    # Only where there is nothing to count.
    percent: float
    # Rising per attempt: an old one changes nothing.
    seq: int | None
    # How much there is to do.
    total: int | None
    # What is counted.
    unit: str | None


class _AddressedReportNotice(TypedDict):
    job: str
    type: Literal["notice"]
    # A sentence for people.
    message: str


class AddressedReportNotice(_AddressedReportNotice, total=False):
    """Something happened. More than 50 a second on one job are refused."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A stable word for programs.
    code: str | None
    # An object that passes through unread. At most 1024 bytes as compact JSON.
    data: JsonObject | None
    level: Level | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


class _AddressedReportHeartbeat(TypedDict):
    job: str
    type: Literal["heartbeat"]


class AddressedReportHeartbeat(_AddressedReportHeartbeat, total=False):
    """The worker lives."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None


class _AddressedReportRetrying(TypedDict):
    job: str
    type: Literal["retrying"]
    error: Failure


class AddressedReportRetrying(_AddressedReportRetrying, total=False):
    """This attempt failed; the job is queued again."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


class _AddressedReportCompleted(TypedDict):
    job: str
    type: Literal["completed"]


class AddressedReportCompleted(_AddressedReportCompleted, total=False):
    """The end: it is done."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # An object that passes through unread. At most 16384 bytes as compact JSON.
    result: JsonObject | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


class _AddressedReportFailed(TypedDict):
    job: str
    type: Literal["failed"]
    error: Failure


class AddressedReportFailed(_AddressedReportFailed, total=False):
    """The end: it failed."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


class _AddressedReportCancelled(TypedDict):
    job: str
    type: Literal["cancelled"]


class AddressedReportCancelled(_AddressedReportCancelled, total=False):
    """The end: the worker gave up."""

    # The attempt it speaks for: an older one is refused.
    attempt: int | None
    # A sentence for people.
    message: str | None
    # Rising per attempt: an old one changes nothing.
    seq: int | None


# A report that names its job, for many jobs in one request.
AddressedReport = Union[
    AddressedReportStarted,
    AddressedReportPhase,
    AddressedReportProgress,
    AddressedReportNotice,
    AddressedReportHeartbeat,
    AddressedReportRetrying,
    AddressedReportCompleted,
    AddressedReportFailed,
    AddressedReportCancelled,
]


class ReportAnswer(TypedDict):
    """What a report is answered."""

    # False where it changed nothing: it was known, or old.
    applied: bool
    attempt: int
    # Somebody wishes that the work stops.
    cancel_requested: bool
    # True where it is in Postgres, flushed; false where it will be within 500 ms.
    durable: bool
    status: Status
    version: int


class Fault(TypedDict):
    """What is wrong with a body, and where."""

    detail: str
    # JSON pointer into the body.
    pointer: str


class _Standing(TypedDict):
    status: Status
    attempt: int


class Standing(_Standing, total=False):
    """Where the job stands."""

    version: int


class _ProblemDetails(TypedDict):
    type: Literal["about:blank"]
    title: str
    status: int
    # A sentence for people, with the remedy.
    detail: str
    # A stable word for programs.
    code: str


class ProblemDetails(_ProblemDetails, total=False):
    """A refusal (RFC 9457)."""

    # What is wrong with the body, and where.
    errors: list[Fault]
    # Where the job stands.
    job: Standing
    retry_after_seconds: int


class ReportAnswers(TypedDict):
    """What many reports are answered, in their order."""

    items: list[ReportAnswer | ProblemDetails]


class HistoryItem(TypedDict):
    """One of the kept happenings of a job; `number` counts within the history."""

    at: str
    data: JsonObject
    number: int
    type: str
    version: int


class History(TypedDict):
    """The kept happenings of a job, oldest first."""

    items: list[HistoryItem]
    # The number to go on after; null where this was all.
    next: int | None


class JobList(TypedDict):
    """The list for people, newest first."""

    items: list[Frame]
    # What to ask with as `page` for what comes next; null where this was all.
    page: str | None


class _ProgressPage(TypedDict):
    cursor: str
    # These replace what the cursor spoke of.
    reset: bool
    poll_after_ms: int
    items: list[Frame]


class ProgressPage(_ProgressPage, total=False):
    """What a poll is answered."""

    # More are waiting: ask at once.
    more: bool
    # The database could not be verified for 5 s.
    stale: bool


class StatusCounts(TypedDict):
    """How many jobs stand where."""

    cancelled: int
    cancelling: int
    completed: int
    failed: int
    queued: int
    running: int


class KindSummary(TypedDict):
    """The jobs of one kind."""

    by_status: dict[str, int]
    counters: dict[str, float]


class EndedCounts(TypedDict):
    """How many ended how."""

    cancelled: int
    completed: int
    failed: int


class Summary(TypedDict):
    """A dashboard's tiles."""

    by_kind: dict[str, KindSummary]
    by_status: StatusCounts
    last_24h: EndedCounts
    stalled: int
    total: int


class Ticket(TypedDict):
    """Opens one stream within 30 s."""

    expires_at: str
    ticket: str


# Why a stream ends: the word of a close, too.
EndReason = Literal[
    "finished",
    "restarting",
    "overloaded",
    "unavailable",
    "protocol_error",
    "text_only",
    "bad_utf8",
    "too_large",
    "bad_command",
    "unauthorized",
    "forbidden",
    "not_found",
    "too_slow",
    "rotated",
    "limited",
]

# Why a stream of server-sent events ends.
EventsEndReason = Literal[
    "finished",
    "restarting",
    "overloaded",
    "unavailable",
    "unauthorized",
    "forbidden",
    "not_found",
    "too_slow",
    "rotated",
    "limited",
]

# What an `error` over a WebSocket is about.
ErrorCode = Literal[
    "bad_command",
    "unauthorized",
    "invalid_token",
    "token_expired",
    "auth_not_configured",
    "forbidden",
    "not_found",
    "finished",
    "overloaded",
    "unavailable",
    "limited",
]


class SubscribedMessage(TypedDict):
    """The subscription was accepted; its first snapshot follows. `cursor` is the one it came
    with.
    """

    type: Literal["subscribed"]
    # Which subscription; 0 is that of the URL.
    id: int
    # Opaque: give it back to go on from here.
    cursor: str | None


class SyncedMessage(TypedDict):
    """The first snapshot is complete: what was not sent does not exist. From here on come
    changes.
    """

    type: Literal["synced"]
    # Which subscription; 0 is that of the URL.
    id: int
    # Opaque: give it back to go on from here.
    cursor: str | None


class UnsubscribedMessage(TypedDict):
    """The subscription is over, as asked."""

    type: Literal["unsubscribed"]
    # Which subscription; 0 is that of the URL.
    id: int


class ResetMessage(TypedDict):
    """The snapshot that follows replaces what the cursor asked for: forget what you hold."""

    type: Literal["reset"]
    # Which subscription; 0 is that of the URL.
    id: int


class _EndMessage(TypedDict):
    type: Literal["end"]
    reason: EndReason


class EndMessage(_EndMessage, total=False):
    """A subscription is over: `finished` where all its jobs have ended."""

    # Opaque: give it back to go on from here.
    cursor: str | None
    # Which subscription; 0 is that of the URL.
    id: int
    # When to come back, where that is said.
    retry_after_seconds: int


class PingMessage(TypedDict):
    """A sign of life, every 15 s, busy or not. `cursor` is where to resume from."""

    type: Literal["ping"]
    timestamp: str
    # Opaque: give it back to go on from here.
    cursor: str | None


class StaleMessage(TypedDict):
    """The service could not verify with its database since then: what is shown may be old."""

    type: Literal["stale"]
    since: str


class FreshMessage(TypedDict):
    """It can again."""

    type: Literal["fresh"]


class GoneMessage(TypedDict):
    """The job was deleted, or has expired."""

    type: Literal["gone"]
    job: str


class SummaryMessage(TypedDict):
    """The project's tiles, at most once a second, to who asked for them (`summary=true`)."""

    type: Literal["summary"]
    data: Summary


class _ErrorMessage(TypedDict):
    type: Literal["error"]
    # For programs; stable.
    code: ErrorCode
    # For people.
    message: str


class ErrorMessage(_ErrorMessage, total=False):
    """A command was refused, or the socket is about to close."""

    # Which subscription; 0 is that of the URL.
    id: int
    # When to come back, where that is said.
    retry_after_seconds: int


class AcceptedMessage(TypedDict):
    """The command was carried out."""

    type: Literal["accepted"]
    op: Literal["cancel"]
    job: str


class AuthorizedMessage(TypedDict):
    """The token was taken; the socket may go on until it ends."""

    type: Literal["authorized"]
    expires_at: str | None


class _EndEvent(TypedDict):
    reason: EventsEndReason


class EndEvent(_EndEvent, total=False):
    """The service closes the stream; `reason` says whether to come back."""

    # When to come back, where that is said.
    retry_after_seconds: int


class PingEvent(TypedDict):
    """A sign of life, every 15 s, busy or not. `cursor` is where to resume from."""

    timestamp: str
    # Opaque: give it back to go on from here.
    cursor: str | None


class GoneEvent(TypedDict):
    """The job was deleted, or has expired."""

    job: str


class _SubscribeCommand(TypedDict):
    op: Literal["subscribe"]
    # The client's own number for it.
    id: int


class SubscribeCommand(_SubscribeCommand, total=False):
    """Watch what the conditions select; none selects the whole project. An id in use: its
    selection is replaced.
    """

    # Only what changed since it was given.
    cursor: str | None
    # Do not end when all that is named has ended.
    follow: bool
    # One of these jobs.
    job: str | list[str] | None
    kind: str | None
    owner: str | None
    parent: str | None
    # Jobs in one of these; `active` is all that are not terminal.
    status: StatusWord | list[StatusWord] | None
    subject: str | None
    # Not jobs, but the project's tiles; then without any condition.
    summary: bool


class UnsubscribeCommand(TypedDict):
    """Watch it no more."""

    op: Literal["unsubscribe"]
    # Which subscription.
    id: int


class AuthCommand(TypedDict):
    """A token: the first within 10 s where the handshake had none, a newer one before the old
    one ends.
    """

    op: Literal["auth"]
    # A JWT.
    token: str


class _CancelCommand(TypedDict):
    op: Literal["cancel"]
    job: str


class CancelCommand(_CancelCommand, total=False):
    """Ask a job to stop. Needs the scope `cancel`."""

    # Why.
    reason: str | None


class PongCommand(TypedDict):
    """An answer to `ping`, for clients that like to give one. Nothing waits for it."""

    op: Literal["pong"]


# What a WebSocket says beside frames.
StreamMessage = Union[
    SubscribedMessage,
    SyncedMessage,
    UnsubscribedMessage,
    ResetMessage,
    EndMessage,
    PingMessage,
    StaleMessage,
    FreshMessage,
    GoneMessage,
    SummaryMessage,
    ErrorMessage,
    AcceptedMessage,
    AuthorizedMessage,
]

# What a client may say over a WebSocket.
StreamCommand = Union[
    SubscribeCommand,
    UnsubscribeCommand,
    AuthCommand,
    CancelCommand,
    PongCommand,
]
