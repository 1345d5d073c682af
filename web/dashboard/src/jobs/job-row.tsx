// One job as a row of the table. The whole row is its link.

import { memo, type CSSProperties } from "react";
import { ProgressBar, StatusBadge, useNow } from "../../../src/react.ts";
import { amount, nameOf, percent } from "../../../src/display/format.ts";
import { Link } from "../link.tsx";
import { book } from "../session.ts";
import { labels, nowLine, timeLine, whenLine } from "./lines.ts";
import { useJobOf } from "./use-job-of.ts";

interface Props {
  readonly id: string;
  /** Its place in the whole table, counted from 1. */
  readonly index: number;
  readonly edge: string;
  readonly style: CSSProperties;
}

function Row({ id, index, edge, style: { transform, height } }: Props) {
  const job = useJobOf(id);
  const now = useNow();
  if (job === undefined) return null;
  return (
    <div className="line row" role="row" aria-rowindex={index} data-job={id} data-status={job.status} data-edge={edge}
      data-gone={book.gone.has(id) ? "" : undefined} style={{ transform: transform!, height: height! }}>
      <div className="row-cell row-job" role="cell">
        <Link className="row-link" to={{ job: id }}>{nameOf(job)}</Link>
        <span className="row-labels">{labels(job)}</span>
      </div>
      <div className="row-cell row-status" role="cell"><StatusBadge job={job} /></div>
      <div className="row-cell row-progress" role="cell">
        <div className="meter">
          <ProgressBar job={job} label={`Progress of ${nameOf(job)}`} size="thin" />
          <span className="meter-percent" aria-hidden="true">{percent(job.progress.percent)}</span>
        </div>
        <span className="row-amount">{amount(job.progress)}</span>
      </div>
      <div className="row-cell row-now" role="cell" data-status={job.status}>{nowLine(job, now)}</div>
      <div className="row-cell row-time" role="cell">
        <span>{timeLine(job, now)}</span>
        <span className="row-when">{whenLine(job, now)}</span>
      </div>
    </div>
  );
}

export const JobRow = memo(Row, (a, b) =>
  a.id === b.id && a.index === b.index && a.edge === b.edge &&
  a.style.transform === b.style.transform && a.style.height === b.style.height);
