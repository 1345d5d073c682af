// The collections of the demonstration: each is ingested from here, and shows the ingestion that runs, or else the last
// one, with its phases, its attempts and what went wrong in them. Below, a search over what was ingested.

import { useMemo } from "react";
import { CancelButton, PhaseTimeline, ProgressBar, useNow } from "../../../src/react.ts";
import { isTerminal, type Job } from "../../../src/job.ts";
import {
  ago, amount, duration, heading, number, percent, remaining, secondsBetween, when, words,
} from "../../../src/display/format.ts";
import { useJobOf } from "../jobs/use-job-of.ts";
import { Link } from "../link.tsx";
import { Symbol } from "../symbol.tsx";
import { startIngestion, type Demo } from "./demo.ts";
import { DocumentSearch } from "./document-search.tsx";
import { useKind } from "./use-kind.ts";
import { useStart } from "./use-start.ts";

const KIND = "ingestion";

type Collection = Demo["collections"][number];

export function Ingestions({ demo }: { readonly demo: Demo }) {
  const all = demo.collections;
  const jobs = useKind(KIND, useMemo(() => all.map(({ id }) => ({ subject: id, limit: 1 })), [all]));
  const ended = jobs.filter((job) => isTerminal(job.status)).length;
  return (
    <div className="page-column">
      <header className="view-head">
        <div>
          <h1>Ingestions</h1>
          <p className="view-note">Documents, read, cut into chunks, and indexed for full-text search.</p>
        </div>
      </header>
      <ul className="collections">
        {all.map((collection) => {
          const those = jobs.filter((job) => job.subject === collection.id);
          const running = those.find((job) => !isTerminal(job.status));
          return <Card key={collection.id} collection={collection} running={running?.id ?? null} last={those[0]?.id ?? null} />;
        })}
      </ul>
      <DocumentSearch edition={String(ended)} />
    </div>
  );
}

function Card({ collection, running, last }: {
  readonly collection: Collection;
  readonly running: string | null;
  readonly last: string | null;
}) {
  const { id, title, documents } = collection;
  const { starting, busy, error, start } = useStart(running, () => startIngestion(id));
  const shown = running ?? last;

  return (
    <li className="panel collection" aria-labelledby={`collection-${id}`}>
      <div className="feed-head">
        <div>
          <h2 id={`collection-${id}`}>{title}</h2>
          <span className="quiet-text">{number(documents)} files</span>
        </div>
        <button type="button" className="mp-button" aria-disabled={busy || undefined} data-busy={busy ? "" : undefined}
          onClick={() => void start()}>
          <Symbol name={busy ? "sync" : "document"} />{busy ? "Ingesting…" : "Ingest"}
          <span className="unseen"> {title}</span>
        </button>
      </div>
      {error !== null && <p className="feed-error" role="alert">{error}</p>}
      {shown === null
        ? <p className="quiet-text collection-idle">{starting ? "Starting…" : "Never ingested yet."}</p>
        : <Ingestion id={shown} />}
    </li>
  );
}

function Ingestion({ id }: { readonly id: string }) {
  const job = useJobOf(id);
  if (job === undefined) return null;
  const active = !isTerminal(job.status);
  const counts = Object.entries(job.counters).filter(([, value]) => value !== 0);
  return (
    <div className="ingestion">
      {active ? <Now job={job} /> : <Ended job={job} />}
      <div className="meter">
        <ProgressBar job={job} label={`Progress of ${job.title}`} />
        <span className="meter-percent" aria-hidden="true">{percent(job.progress.percent)}</span>
      </div>
      <PhaseTimeline job={job} layout="line" />
      <Attempts job={job} active={active} />
      {!active && job.error !== null && <p className="feed-why">{job.error.message}</p>}
      <dl className="feed-counts">
        {counts.map(([name, value]) => <div key={name}><dt>{words(name)}</dt><dd>{number(value)}</dd></div>)}
      </dl>
    </div>
  );
}

function Now({ job }: { readonly job: Job }) {
  const now = useNow();
  const figures = [amount(job.progress), remaining(job, now)].filter(Boolean).join(" · ");
  return (
    <div className="feed-line">
      <Link to={{ job: job.id }}>{job.status === "queued" ? "Waiting" : heading(job.phase ?? job.status)}</Link>
      <span className="feed-figures">{figures}</span>
      <CancelButton job={job} reason="asked for on the ingestions page" />
    </div>
  );
}

function Ended({ job }: { readonly job: Job }) {
  const now = useNow();
  if (job.finished_at === null) return null;
  return (
    <div className="feed-line">
      <span>
        <Link to={{ job: job.id }} title={when(job.finished_at, now)}>
          <time dateTime={job.finished_at}>{ago(job.finished_at, now)}</time>
        </Link>
        <span className="feed-outcome" data-status={job.status}>{job.status}</span>
        {job.started_at !== null && (
          <span className="quiet-text"> in {duration(secondsBetween(job.started_at, job.finished_at))}</span>
        )}
      </span>
    </div>
  );
}

/** Which attempt it is, where it is not the first, and what ended the one before. */
function Attempts({ job, active }: { readonly job: Job; readonly active: boolean }) {
  const before = job.metadata["last_error"];
  const lost = job.status === "queued" ? job.error?.message : before;
  if (typeof lost !== "string" && (job.attempt < 2 || !active)) return null;
  const most = job.metadata["attempts"];
  const of = typeof most === "number" ? ` of ${number(most)}` : "";
  const again = job.status === "queued";
  return (
    <div className="attempts" data-active={active ? "" : undefined}>
      <Symbol name={again ? "warning" : "retry"} />
      <p>
        <strong>Attempt {number(job.attempt)}{of}</strong>
        {again ? " failed, will be tried again" : active ? ", goes on where the last one got" : " brought it to its end"}
        {typeof lost === "string" && <span className="attempts-why">{lost}</span>}
      </p>
    </div>
  );
}
