// One row of the table. It hears of its own job alone, and is drawn again only when that changes.

import { memo, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { isTerminal, type Job } from "../job.ts";
import { CancelButton } from "./cancel-button.tsx";
import { amount, nameOf, percent } from "../display/format.ts";
import { JobName, timesOf, type Opening } from "./job-parts.tsx";
import { useNow } from "./now.ts";
import { ProgressBar } from "./progress-bar.tsx";
import { RetryButton } from "./retry-button.tsx";
import type { Rows } from "./rows.ts";
import { StatusBadge } from "./status-badge.tsx";

interface JobRowProps extends Opening {
  readonly rows: Rows;
  readonly id: string;
  readonly index: number;
  readonly height: number;
  /** Whether the keyboard is here: one row of the table takes part in tabbing. */
  readonly current: boolean;
  readonly actions: ((job: Job) => ReactNode) | undefined;
}

export const JobRow = memo(function JobRow({ rows, id, index, height, current, actions, href, onOpen }: JobRowProps) {
  const store = useMemo(() => rows.row(id), [rows, id]);
  const job = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
  if (!job) return null;
  const labels = [job.kind, job.subject, job.owner].filter(Boolean).join(" · ");
  return (
    <div
      role="row"
      className="mp-row"
      data-row={id}
      data-status={job.status}
      aria-rowindex={index + 2}
      tabIndex={current ? 0 : -1}
      style={{ transform: `translateY(${index * height}px)`, height }}
    >
      <div role="gridcell" className="mp-cell mp-cell-name">
        <span className="mp-cell-title">
          <JobName job={job} href={href} onOpen={onOpen} tabIndex={-1} />
        </span>
        <span className="mp-labels">{labels}</span>
      </div>
      <div role="gridcell" className="mp-cell mp-cell-status">
        <StatusBadge job={job} />
      </div>
      <div role="gridcell" className="mp-cell mp-cell-progress">
        <span className="mp-cell-amount">
          <span>{doing(job)}</span>
          <span aria-hidden="true">{percent(job.progress.percent)}</span>
        </span>
        <ProgressBar job={job} label={`Progress of ${nameOf(job)}`} size="thin" />
      </div>
      <div role="gridcell" className="mp-cell mp-cell-time">
        <Time job={job} />
      </div>
      <div role="gridcell" className="mp-cell mp-cell-actions">
        {actions ? (
          actions(job)
        ) : (
          <>
            <CancelButton job={job} tabIndex={current ? 0 : -1} />
            <RetryButton job={job} tabIndex={current ? 0 : -1} />
          </>
        )}
      </div>
    </div>
  );
});

// What it has come to: why it failed, else what was counted, else what its worker says.
function doing(job: Job): string {
  if (job.status === "failed" && job.error) return job.error.message;
  return amount(job.progress) || (!isTerminal(job.status) && job.message) || "";
}

function Time({ job }: { readonly job: Job }) {
  const now = useNow(!isTerminal(job.status));
  return timesOf(job, now).map((text) => <span key={text}>{text}</span>);
}
