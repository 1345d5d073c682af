// Parts that a card, a row and a page of one job share: its name, its facts, its error, its counters.

import type { MouseEvent } from "react";
import { isTerminal, type Job, type JobError } from "../job.ts";
import {
  ago,
  amount,
  elapsed,
  heading,
  nameOf,
  number,
  rate,
  remaining,
  ticking,
  secondsBetween,
  words,
} from "../display/format.ts";
import { Icon } from "./icons.tsx";
import { useNow } from "./now.ts";

/** Where the name of a job leads. With both, the address is what a new tab opens. */
export interface Opening {
  readonly href?: ((job: Job) => string) | undefined;
  readonly onOpen?: ((job: Job, event: MouseEvent) => void) | undefined;
}

export function JobName({ job, href, onOpen, tabIndex }: Opening & { readonly job: Job; readonly tabIndex?: number }) {
  const name = nameOf(job);
  if (href) {
    return (
      <a className="mp-open" href={href(job)} tabIndex={tabIndex} onClick={(event) => onOpen?.(job, event)}>
        {name}
      </a>
    );
  }
  if (!onOpen) return name;
  return (
    <button type="button" className="mp-open" tabIndex={tabIndex} onClick={(event) => onOpen(job, event)}>
      {name}
    </button>
  );
}

/** Count, rate, and what is left or how it ended: what changes while a job runs. */
export function Facts({ job }: { readonly job: Job }) {
  const active = !isTerminal(job.status);
  const now = useNow(active);
  const counted = amount(job.progress);
  const speed = active && job.rate && job.stalled_at === null ? rate(job.rate.per_second, job.progress.unit) : "";
  return (
    <p className="mp-facts">
      {counted && <span className="mp-fact-amount">{counted}</span>}
      {speed && <span>{speed}</span>}
      <span className="mp-fact-time">{timesOf(job, now).join(" · ")}</span>
    </p>
  );
}

/** What a reader wants to know of a job's time: what is left, else how long it runs or ran, and when that was. */
export function timesOf(job: Job, now: number): readonly string[] {
  const ran = elapsed(job, now);
  if (job.finished_at !== null) return [ran && `took ${ran}`, ago(job.finished_at, now)].filter(Boolean);
  if (job.started_at === null) return [`created ${ago(job.created_at, now)}`];
  return [remaining(job, now) || `${ran} so far`];
}

/** That nothing was heard of the worker, and for how long. */
export function Silence({ job }: { readonly job: Job }) {
  const now = useNow(job.stalled_at !== null);
  if (job.stalled_at === null || isTerminal(job.status)) return null;
  return (
    <p className="mp-warning">
      <Icon name="pause" />
      No word from the worker for {ticking(secondsBetween(job.updated_at, now))}
    </p>
  );
}

/** An error: of a job that failed, or of the try before this one. */
export function ErrorNote({ error, again }: { readonly error: JobError; readonly again?: boolean }) {
  const notes = [
    error.phase && `in ${words(error.phase)}`,
    again ? "will be tried again" : error.retryable && "worth a retry",
  ];
  return (
    <div className="mp-error" data-again={again ? "" : undefined}>
      <Icon name={again ? "warning" : "cross"} />
      <div>
        <p>{error.message}</p>
        <p className="mp-error-note">
          <code>{error.code}</code>
          {notes.filter(Boolean).map((note) => ` · ${note}`)}
        </p>
      </div>
    </div>
  );
}

export function Counters({ counters }: { readonly counters: Job["counters"] }) {
  const entries = Object.entries(counters);
  if (entries.length === 0) return null;
  return (
    <dl className="mp-counters">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{heading(name)}</dt>
          <dd>{number(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
