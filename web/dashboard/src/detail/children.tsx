// The jobs that are part of this one.

import { ProgressBar, StatusBadge, useJobs } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";
import { nameOf, number, percent } from "../../../src/display/format.ts";
import { Link } from "../link.tsx";

const MOST = 50;

export function Children({ job }: { readonly job: Job }) {
  return job.children === null ? null : <Those job={job} counts={job.children} />;
}

function Those({ job, counts: { total, finished, failed } }: {
  readonly job: Job;
  readonly counts: NonNullable<Job["children"]>;
}) {
  const { jobs } = useJobs({ parent: job.id });
  return (
    <section className="panel" aria-labelledby="parts">
      <h2 id="parts">
        Parts <span className="count">
          {number(finished)} of {number(total)} ended{failed > 0 && `, ${number(failed)} failed`}
        </span>
      </h2>
      <ul className="parts">
        {jobs.slice(0, MOST).map((part) => (
          <li key={part.id} className="part">
            <Link to={{ job: part.id }}>{nameOf(part)}</Link>
            <ProgressBar job={part} label={`Progress of ${nameOf(part)}`} size="thin" />
            <span className="digits">{percent(part.progress.percent)}</span>
            <StatusBadge job={part} />
          </li>
        ))}
      </ul>
      {jobs.length > MOST && <p className="quiet-text">The newest {MOST} of {number(jobs.length)}.</p>}
    </section>
  );
}
