// "While you were away": what ended since the last visit, in one line, with the failed ones by name. Its height
// is there from the first paint, for whether the reader was away is known at once.

import { ago, nameOf } from "../../../src/display/format.ts";
import type { Job } from "../../../src/job.ts";
import { IconButton } from "../frame/icon-button.tsx";
import { Link } from "../link.tsx";
import { Symbol } from "../symbol.tsx";
import { useStore } from "../use-store.ts";
import { outcomes } from "./away.ts";
import { away } from "./visits.ts";

const MOST = 3;

export function AwayNote() {
  const now = useStore(away);
  if (now === null) return null;
  const { since, jobs } = now;
  return (
    <section className="away" aria-label="While you were away">
      <Symbol name="clock" />
      <div className="away-text">
        <p>
          <strong>While you were away</strong>
          <span className="away-since"> since {ago(new Date(since).toISOString(), Date.now())}</span>
        </p>
        <p className="away-line">{jobs === null ? "Looking…" : <Line jobs={jobs} />}</p>
      </div>
      {jobs !== null && jobs.length > 0 && (
        <Link className="text-button" to={{ view: "notifications", job: null }}>See all</Link>
      )}
      <IconButton symbol="close" label="Put away" onClick={() => away.set(null)} />
    </section>
  );
}

function Line({ jobs }: { readonly jobs: readonly Job[] }) {
  if (jobs.length === 0) return <>Nothing ended.</>;
  const failed = jobs.filter((job) => job.status === "failed").slice(0, MOST);
  return (
    <>
      {outcomes(jobs).map(({ status, count }) => (
        <span key={status} className="away-count" data-status={status}>{count} {status}</span>
      ))}
      {failed.map((job) => <Link key={job.id} className="away-failed" to={{ job: job.id }}>{nameOf(job)}</Link>)}
    </>
  );
}
