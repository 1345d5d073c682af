// What the job is called, how it is doing, and the two things one can do about it.

import { CancelButton, RetryButton, StatusBadge } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";
import { nameOf } from "../../../src/display/format.ts";
import { go } from "../navigation.ts";
import { begun, book } from "../session.ts";

export function Head({ job, gone }: { readonly job: Job; readonly gone: boolean }) {
  const labels = [job.subject, job.owner, job.attempt > 1 && `attempt ${job.attempt}`].filter(Boolean);
  return (
    <header className="detail-head">
      <div className="detail-names">
        <h1>{nameOf(job)}</h1>
        <p className="detail-labels">
          <StatusBadge job={job} />
          <span className="detail-kind">{job.kind}</span>
          {labels.map((label) => <span key={String(label)}>{label}</span>)}
        </p>
      </div>
      {!gone && (
        <div className="detail-actions">
          <CancelButton job={job} reason="asked for on the dashboard" />
          <RetryButton job={job} onRetried={(again) => {
            begun(again.id);
            book.take([again]);
            go({ job: again.id });
          }} />
        </div>
      )}
    </header>
  );
}
