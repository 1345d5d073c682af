// What happened to a job between two of its states, as far as the states can tell. Where reports were folded, more may
// have happened than they show: `sure` is false then, and only the history knows. Pure.

import { isTerminal, type Job, type JsonObject, type Status } from "./job.ts";

export interface Happened {
  /** The last part of an event's type. */
  readonly what: string;
  readonly at: string;
  readonly data: JsonObject;
}

/** A worker is silent for at least so long before its job counts as stalled. */
const LEAST_LEASE = 5_000;
/** A write named by one of these may hold a job that stalled and resumed within it. */
const ENDS = ["completed", "failed", "cancelled", "cancelling", "retrying"];

/** `before` is null for a job that was made after the watch began; `last` is what named the newer frame. */
export function difference(before: Job | null, job: Job, last: string): { happened: Happened[]; sure: boolean } {
  const was = before ?? unborn(job);
  const oneWrite = job.version === was.version + 1;
  const claimed = job.attempt > was.attempt;
  const atWork = claimed || was.status === "running";
  const happened: Happened[] = [];
  let sure = true;
  const say = (what: string, at: string | null | undefined, data: JsonObject): void => {
    happened.push({ what, at: at ?? job.updated_at, data });
  };
  const turn = (what: string, at: string | null | undefined, status: Status): void => {
    say(what, at, {
      status,
      attempt: what === "created" ? 0 : job.attempt,
      message: job.message,
      reason: what.startsWith("cancel") ? (job.cancel?.reason ?? null) : null,
      error: (what === "failed" || what === "retrying") && job.error ? { ...job.error } : null,
    });
  };

  if (!before) turn("created", job.created_at, "queued");
  if (claimed) {
    turn("started", job.started_at, "running");
    sure = was.status === "queued" && job.attempt === was.attempt + 1;
  }

  // A phase begun twice shows only its last beginning, so two beginnings leave their order, and their number, open.
  const began = job.phases.filter((phase) => phase.started_at !== null && phase.started_at !== startOf(was, phase.name, claimed));
  for (const { name, started_at } of began) say("phase", started_at, { phase: name, ended: claimed ? null : was.phase });
  if (began.length > 1 || (job.phase !== null && began[0] && began[0].name !== job.phase)) sure = false;

  const notices = job.notices.recent.filter((notice) => notice.number > was.notices.total);
  for (const notice of notices.sort((a, b) => a.number - b.number)) say("notice", notice.at, { ...notice });
  if (notices.length < job.notices.total - was.notices.total) sure = false;

  const stalled = job.stalled_at !== was.stalled_at;
  if (stalled && job.stalled_at !== null) turn("stalled", job.stalled_at, job.status);
  else if (stalled && !claimed) turn("resumed", null, job.status);

  if (job.status === "queued" && atWork) {
    turn("retrying", null, "queued");
    if (happened.length > 1) sure = false;
  }
  if (atWork && job.cancel && !was.cancel) turn("cancelling", job.cancel.requested_at, "cancelling");
  if (isTerminal(job.status)) {
    turn(job.status, job.finished_at, job.status);
    // It may have been given back to the queue first, which keeps the error of that attempt.
    if (atWork && job.status !== "completed" && job.error) sure = false;
  }

  if (stalled && !(oneWrite && happened.length === 1)) sure = false;
  if (quiet(was, job) && !(oneWrite && (was.status === "queued" || !ENDS.includes(last)))) sure = false;
  happened.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
  if (happened.some((one, i) => i > 0 && !ordered(happened[i - 1], one))) sure = false;

  const moved = !isTerminal(job.status) && differs(was, job, ["progress", "counters", "message", "metadata"]);
  const counted = differs(was, job, ["children"]);
  const kept = last === "progress" || last === "children";
  if (!kept && !happened.some(({ what }) => what === last)) sure = false;
  if (counted) say("children", null, { ...job.children });
  if (before && moved) say("progress", null, { ...job.progress });
  return { happened, sure };
}

function unborn(job: Job): Job {
  const { created_at: updated_at } = job;
  const notices = { total: 0, recent: [] };
  const nothing = { phase: null, phases: [], stalled_at: null, cancel: null, children: null };
  return { ...job, ...nothing, notices, updated_at, version: 0, status: "queued", attempt: 0 };
}

function startOf(was: Job, name: string, claimed: boolean): string | null {
  return (claimed ? undefined : was.phases.find((phase) => phase.name === name)?.started_at) ?? null;
}

/** Whether there was time for a silence that does not show any more. */
function quiet(was: Job, job: Job): boolean {
  return Date.parse(job.updated_at) - Date.parse(was.updated_at) >= LEAST_LEASE;
}

// What is of one moment has an order only where the states have one.
function ordered(one: Happened | undefined, next: Happened): boolean {
  if (!one || one.at < next.at || one.what === "created" || ENDS.slice(0, 3).includes(next.what)) return true;
  return (one.what === "notice" && next.what === "notice") || (one.what === "started" && next.what === "phase");
}

function differs(was: Job, job: Job, fields: readonly (keyof Job)[]): boolean {
  return fields.some((field) => JSON.stringify(was[field]) !== JSON.stringify(job[field]));
}
