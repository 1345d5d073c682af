// One job as a card of the list: always of the same height, so that nothing below it moves when it has more to say.

import { memo } from "react";
import { ProgressBar, StatusBadge, useNow } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";
import { amount, nameOf, percent, rate } from "../../../src/display/format.ts";
import { Link } from "../link.tsx";
import { book } from "../session.ts";
import { labels, nowLine, timeLine, whenLine } from "./lines.ts";
import { useJobOf } from "./use-job-of.ts";

export const JobTile = memo(function JobTile({ id }: { readonly id: string }) {
  const job = useJobOf(id);
  const now = useNow();
  if (job === undefined) return null;
  return (
    <article className="job-card" data-job={id} data-status={job.status} data-gone={book.gone.has(id) ? "" : undefined}
      aria-label={nameOf(job)}>
      <div className="job-card-head">
        <h3><Link className="row-link" to={{ job: id }}>{nameOf(job)}</Link></h3>
        <StatusBadge job={job} />
      </div>
      <p className="row-labels">{labels(job)}</p>
      <div className="meter">
        <ProgressBar job={job} label={`Progress of ${nameOf(job)}`} />
        <span className="meter-percent" aria-hidden="true">{percent(job.progress.percent)}</span>
      </div>
      <p className="job-card-facts"><span>{amount(job.progress)}</span><span>{speed(job)}</span></p>
      <p className="job-card-now row-now" data-status={job.status}>{nowLine(job, now)}</p>
      <p className="job-card-time">
        <span>{timeLine(job, now)}</span><span className="row-when">{whenLine(job, now)}</span>
      </p>
    </article>
  );
});

function speed({ status, rate: known, progress, stalled_at }: Job): string {
  return status === "running" && known !== null && stalled_at === null ? rate(known.per_second, progress.unit) : "";
}
