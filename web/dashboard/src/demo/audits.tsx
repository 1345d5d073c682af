// The audits of one person: what is known to be wrong with each target, as it is found, and what the last audit changed.

import { useMemo, useState } from "react";
import { CancelButton, ProgressBar, useNow } from "../../../src/react.ts";
import { isTerminal, type Job } from "../../../src/job.ts";
import {
  ago, amount, duration, number, percent, remaining, secondsBetween, when,
} from "../../../src/display/format.ts";
import { nowLine } from "../jobs/lines.ts";
import { useJobOf } from "../jobs/use-job-of.ts";
import { Link } from "../link.tsx";
import { recall, remember } from "../storage.ts";
import { Symbol } from "../symbol.tsx";
import { startAudit, type Demo } from "./demo.ts";
import { FindingList } from "./finding-list.tsx";
import { newestPerTarget, sum } from "./findings.ts";
import { useRoom } from "./room.ts";
import { useStart } from "./use-start.ts";

const KEPT = "audits.person";

export function Audits({ demo }: { readonly demo: Demo }) {
  const { people } = demo;
  const [person, setPerson] = useState(() =>
    recall(KEPT, (value): value is string => people.includes(value as string)) ?? people[0] ?? "");
  const choose = (name: string) => {
    setPerson(name);
    remember(KEPT, name);
  };
  return (
    <div className="page-column audits">
      <header className="view-head">
        <div>
          <h1>Audits</h1>
          <p className="view-note">What is known to be wrong with what a project is built of. Each person sees their own.</p>
        </div>
        <fieldset className="people">
          <legend className="unseen">Whose audits</legend>
          {people.map((name) => (
            <label key={name} className="person">
              <input type="radio" name="person" value={name} checked={name === person} onChange={() => choose(name)} />
              <span>{nameOf(name)}</span>
            </label>
          ))}
        </fieldset>
      </header>
      <Own key={person} demo={demo} person={person} />
    </div>
  );
}

function nameOf(person: string): string {
  return person.charAt(0).toUpperCase() + person.slice(1);
}

function Own({ demo, person }: { readonly demo: Demo; readonly person: string }) {
  const { active, ended, findings } = useRoom(person);
  const newest = useMemo(() => newestPerTarget(active, ended), [active, ended]);
  return (
    <>
      <Tiles jobs={[...newest.values()]} />
      <div className="targets">
        <ul aria-label="Targets">
          {demo.targets.map((target) => (
            <Target key={target.id} target={target} person={person}
              running={active.find(({ subject }) => subject === target.id)?.id ?? null}
              last={ended.find(({ subject }) => subject === target.id) ?? null} />
          ))}
        </ul>
        <Lately jobs={ended.slice(0, 4)} />
      </div>
      <FindingList findings={findings} titles={new Map(demo.targets.map(({ id, title }) => [id, title]))} />
    </>
  );
}

function Tiles({ jobs }: { readonly jobs: readonly Job[] }) {
  const tiles = [
    { label: "Vulnerabilities", value: sum(jobs, "vulnerabilities"), note: jobs.length === 1 ? "in 1 target" : `in ${jobs.length} targets`, tone: "warn" },
    { label: "Critical", value: sum(jobs, "critical"), note: "score 9.0 and up", tone: "bad" },
    { label: "High", value: sum(jobs, "high"), note: "score 7.0 and up", tone: "bad" },
    { label: "New", value: sum(jobs, "new"), note: "since the audit before", tone: "warn" },
    { label: "Fixed", value: sum(jobs, "fixed"), note: "since the audit before", tone: "good" },
  ];
  return (
    <ul className="tiles" aria-label="Open findings">
      {tiles.map(({ label, value, note, tone }) => (
        <li key={label}>
          <div className="tile" data-tone={tone} data-zero={value ? undefined : ""}>
            <span className="tile-label">{label}</span>
            <span className="tile-value">{number(value)}</span>
            <span className="tile-note">{note}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Target({ target, person, running, last }: {
  readonly target: Demo["targets"][number];
  readonly person: string;
  readonly running: string | null;
  readonly last: Job | null;
}) {
  const { starting, busy, error, start } = useStart(running, () => startAudit(target.id, person));

  return (
    <li className="panel target" aria-labelledby={`target-${target.id}`}>
      <div className="feed-head">
        <div>
          <h2 id={`target-${target.id}`}>{target.title}</h2>
          <p className="quiet-text">{number(target.packages)} {target.unit}</p>
        </div>
        <button type="button" className="mp-button" aria-disabled={busy || undefined} data-busy={busy ? "" : undefined}
          onClick={() => void start()}>
          <Symbol name={busy ? "sync" : "shield"} />{busy ? "Auditing…" : "Audit"}
          <span className="unseen"> {target.title}</span>
        </button>
      </div>
      {error !== null && <p className="feed-error" role="alert">{error}</p>}
      <div className="target-live">
        {running !== null ? <Running id={running} /> : <Last job={last} starting={starting} />}
      </div>
    </li>
  );
}

function Running({ id }: { readonly id: string }) {
  const job = useJobOf(id);
  const now = useNow();
  if (job === undefined || isTerminal(job.status)) return null;
  return (
    <>
      <div className="feed-line">
        <Link to={{ job: id }}>{nowLine(job, now) || "Running"}</Link>
        <CancelButton job={job} reason="asked for on the audits page" />
      </div>
      <div className="meter">
        <ProgressBar job={job} label={`Progress of ${job.title}`} />
        <span className="meter-percent" aria-hidden="true">{percent(job.progress.percent)}</span>
      </div>
      <p className="target-figures">{[amount(job.progress), remaining(job, now)].filter(Boolean).join(" · ")}</p>
    </>
  );
}

/** What this person would be told of. */
function Lately({ jobs }: { readonly jobs: readonly Job[] }) {
  const now = useNow();
  if (jobs.length === 0) return null;
  return (
    <section className="panel lately" aria-labelledby="lately">
      <h2 id="lately">Lately</h2>
      <ol>
        {jobs.map((job) => (
          <li key={job.id}>
            <Link to={{ job: job.id }}>{job.title ?? job.kind}</Link>
            <span className="lately-what" data-status={job.status}>{outcome(job)}</span>
            <time dateTime={job.finished_at ?? undefined}>{ago(job.finished_at ?? job.updated_at, now)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}

function outcome({ status, error, counters: { new: added = 0, fixed = 0 } }: Job): string {
  if (status !== "completed") return error?.message ?? status;
  return added + fixed === 0 ? "nothing changed" : `${number(added)} new, ${number(fixed)} fixed`;
}

const SHOWN = ["critical", "high", "medium", "low", "unrated", "unmaintained", "unsound", "observations"] as const;

function Last({ job, starting }: { readonly job: Job | null; readonly starting: boolean }) {
  const now = useNow();
  if (starting) return <p className="quiet-text">Starting…</p>;
  if (job === null || job.finished_at === null) return <p className="quiet-text">Not audited yet.</p>;
  const counts = SHOWN.map((name) => ({ name, value: job.counters[name] ?? 0 })).filter(({ value }) => value > 0);
  const { new: added = 0, fixed = 0 } = job.counters;
  return (
    <>
      <p className="target-when">
        <Link to={{ job: job.id }} title={when(job.finished_at, now)}>
          <time dateTime={job.finished_at}>{ago(job.finished_at, now)}</time>
        </Link>
        <span className="feed-outcome" data-status={job.status}>{job.status}</span>
        {job.started_at !== null && (
          <span className="quiet-text"> in {duration(secondsBetween(job.started_at, job.finished_at))}</span>
        )}
      </p>
      <p className="quiet-text target-source">{job.title}</p>
      {job.error !== null && <p className="feed-why">{job.error.message}</p>}
      {job.status === "completed" && (
        <p className="target-change">
          <span data-change={added > 0 ? "new" : undefined}>{number(added)} new</span>
          <span data-change={fixed > 0 ? "fixed" : undefined}>{number(fixed)} fixed</span>
        </p>
      )}
      <ul className="grades" aria-label="Findings">
        {counts.map(({ name, value }) => <li key={name} data-severity={name}>{number(value)} {name}</li>)}
        {job.status === "completed" && counts.length === 0 && <li data-severity="fixed">nothing known</li>}
      </ul>
    </>
  );
}
