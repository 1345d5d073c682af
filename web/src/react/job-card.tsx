// One job as a card: its name, how it is doing, how far it is, and what can be done about it.

import { useId, type ReactNode } from "react";
import { isTerminal, type Job } from "../job.ts";
import { CancelButton } from "./cancel-button.tsx";
import { number, percent, summary } from "../display/format.ts";
import { Counters, ErrorNote, Facts, JobName, Silence, type Opening } from "./job-parts.tsx";
import { PhaseTimeline } from "./phase-timeline.tsx";
import { ProgressBar } from "./progress-bar.tsx";
import { RetryButton } from "./retry-button.tsx";
import { StatusBadge } from "./status-badge.tsx";
import { useJob, type UseJobHandlers } from "./use-job.ts";

export interface JobCardProps extends Opening {
  readonly job: Job;
  /** Replaces the buttons; null = none. */
  readonly actions?: ReactNode;
  /** Shown below everything else. */
  readonly children?: ReactNode;
  /** Level of the heading. */
  readonly level?: 2 | 3 | 4 | undefined;
}

/** A card for a job that is at hand. */
export function JobCard({ job, href, onOpen, actions, children, level = 3 }: JobCardProps) {
  const id = useId();
  const Heading = `h${level}` as const;
  const active = !isTerminal(job.status);
  const again = job.attempt > 1 && `attempt ${job.attempt}`;
  const labels = new Set([job.kind, job.subject, job.owner, again].filter((label) => typeof label === "string"));
  const result = job.result ? summary(job.result) : "";
  return (
    <article className="mp-card" data-status={job.status} aria-labelledby={id}>
      <header className="mp-card-head">
        <div className="mp-names">
          <Heading className="mp-title" id={id}><JobName job={job} href={href} onOpen={onOpen} /></Heading>
          <p className="mp-labels">{[...labels].map((label) => <span key={label}>{label}</span>)}</p>
        </div>
        <StatusBadge job={job} />
      </header>
      <div className="mp-meter">
        <ProgressBar job={job} labelledBy={id} />
        <span className="mp-percent" aria-hidden="true">{percent(job.progress.percent)}</span>
      </div>
      <Facts job={job} />
      {active && job.message && <p className="mp-message">{job.message}</p>}
      <Silence job={job} />
      {job.error && <ErrorNote error={job.error} again={active} />}
      {result && <p className="mp-result">{result}</p>}
      <PhaseTimeline job={job} layout="line" />
      {job.children && <p className="mp-message">{parts(job.children)}</p>}
      <Counters counters={job.counters} />
      {children}
      {actions !== undefined ? actions : <Actions job={job} />}
    </article>
  );
}

function Actions({ job }: { readonly job: Job }) {
  if (job.status === "completed") return null;
  return <footer className="mp-actions"><CancelButton job={job} /><RetryButton job={job} /></footer>;
}

export interface WatchedJobCardProps extends Omit<JobCardProps, "job">, UseJobHandlers {
  readonly id: string;
}

/** A card that watches its job itself. */
export function WatchedJobCard({ id, onJob, onSettled, ...rest }: WatchedJobCardProps) {
  const { state, job, error } = useJob(id, { ...(onJob && { onJob }), ...(onSettled && { onSettled }) });
  if (job) return <JobCard job={job} {...rest} />;
  if (state === "loading") return <div className="mp-card mp-empty" aria-busy="true">Loading…</div>;
  return <div className="mp-card mp-empty">{error ? error.message : "This job has been deleted."}</div>;
}

function parts({ total, finished, failed }: NonNullable<Job["children"]>): string {
  const ended = `${number(finished)} of ${number(total)} ${total === 1 ? "part" : "parts"} ended`;
  return failed > 0 ? `${ended}, ${number(failed)} failed` : ended;
}
