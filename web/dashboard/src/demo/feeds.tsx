// The feeds of the demonstration: when each was synced last and with what result, and a button that starts a sync and
// is off while one runs.

import { useMemo } from "react";
import { CancelButton, ProgressBar, useNow } from "../../../src/react.ts";
import { isTerminal, type Job } from "../../../src/job.ts";
import {
  ago, amount, duration, number, percent, remaining, secondsBetween, when, words,
} from "../../../src/display/format.ts";
import { useJobOf } from "../jobs/use-job-of.ts";
import { nowLine } from "../jobs/lines.ts";
import { Link } from "../link.tsx";
import { Symbol } from "../symbol.tsx";
import { startSync, type Demo } from "./demo.ts";
import { useKind } from "./use-kind.ts";
import { useStart } from "./use-start.ts";

const KIND = "feed:sync";

export function Feeds({ demo }: { readonly demo: Demo }) {
  const jobs = useKind(KIND, useMemo(() => demo.feeds.map(({ id }) => ({ subject: id, limit: 1 })), [demo]));
  return (
    <div className="page-column">
      <header className="view-head">
        <div>
          <h1>Feeds</h1>
          <p className="view-note">Detection rules, fetched and compared with what is stored.</p>
        </div>
      </header>
      <ul className="feeds">
        {demo.feeds.map((feed) => {
          const those = jobs.filter((job) => job.subject === feed.id);
          return (
            <Feed key={feed.id} feed={feed} running={those.find((job) => !isTerminal(job.status))?.id ?? null}
              last={newestEnding(those)} />
          );
        })}
      </ul>
    </div>
  );
}

function newestEnding(jobs: readonly Job[]): Job | null {
  return jobs.filter((job) => job.finished_at !== null)
    .reduce<Job | null>((a, b) => (a === null || (b.finished_at ?? "") > (a.finished_at ?? "") ? b : a), null);
}

function Feed({ feed, running, last }: {
  readonly feed: Demo["feeds"][number];
  readonly running: string | null;
  readonly last: Job | null;
}) {
  const { starting, busy, error, start } = useStart(running, () => startSync(feed.id));

  return (
    <li className="panel feed" aria-labelledby={`feed-${feed.id}`}>
      <div className="feed-head">
        <h2 id={`feed-${feed.id}`}>{feed.title}</h2>
        <button type="button" className="mp-button mp-primary" aria-disabled={busy || undefined}
          data-busy={busy ? "" : undefined} onClick={() => void start()}>
          <Symbol name="sync" />{busy ? "Syncing…" : "Sync now"}<span className="unseen"> {feed.title}</span>
        </button>
      </div>
      {error !== null && <p className="feed-error" role="alert">{error}</p>}
      <div className="feed-live">
        {running !== null ? <Running id={running} /> : (
          <>
            <p className="feed-line quiet-text">{starting ? "Starting…" : "Not syncing now"}</p>
            <div className="mp-bar" />
          </>
        )}
      </div>
      <Last job={last} />
    </li>
  );
}

function Running({ id }: { readonly id: string }) {
  const job = useJobOf(id);
  const now = useNow();
  if (job === undefined) return null;
  return (
    <>
      <div className="feed-line">
        <Link to={{ job: id }}>{nowLine(job, now) || "Running"}</Link>
        <span className="feed-figures">{[amount(job.progress), remaining(job, now)].filter(Boolean).join(" · ")}</span>
        <CancelButton job={job} reason="asked for on the feeds page" />
      </div>
      <div className="meter">
        <ProgressBar job={job} label={`Progress of ${job.title}`} />
        <span className="meter-percent" aria-hidden="true">{percent(job.progress.percent)}</span>
      </div>
    </>
  );
}

function Last({ job }: { readonly job: Job | null }) {
  const now = useNow();
  if (job === null || job.finished_at === null) return <p className="feed-last quiet-text">Never synced yet.</p>;
  const counts = Object.entries(job.counters).filter(([, value]) => value !== 0);
  return (
    <div className="feed-last" data-status={job.status}>
      <p>
        <span className="quiet-text">Last sync </span>
        <Link to={{ job: job.id }} title={when(job.finished_at, now)}>
          <time dateTime={job.finished_at}>{ago(job.finished_at, now)}</time>
        </Link>
        <span className="feed-outcome" data-status={job.status}>{job.status}</span>
        {job.started_at !== null && (
          <span className="quiet-text"> in {duration(secondsBetween(job.started_at, job.finished_at))}</span>
        )}
      </p>
      {job.error !== null && <p className="feed-why">{job.error.message}</p>}
      <dl className="feed-counts">
        {counts.map(([name, value]) => <div key={name}><dt>{words(name)}</dt><dd>{number(value)}</dd></div>)}
      </dl>
    </div>
  );
}
