// The repositories of the demonstration: one, some or all are scanned from here; each card shows the scan that runs, or
// else the last one, with its phases and findings.

import { useMemo, useState } from "react";
import { isTerminal, type Job } from "../../../src/job.ts";
import { number } from "../../../src/display/format.ts";
import { Problem } from "../../../src/problem.ts";
import { begun } from "../session.ts";
import { Symbol } from "../symbol.tsx";
import { startScan, type Demo } from "./demo.ts";
import { ScanLive, ScanResult } from "./scan-parts.tsx";
import { useKind } from "./use-kind.ts";
import { SOON } from "./use-start.ts";

const KIND = "scan";

type Repository = Demo["repositories"][number];

export function Scans({ demo }: { readonly demo: Demo }) {
  const all = demo.repositories;
  const jobs = useKind(KIND, useMemo(() => all.map(({ id }) => ({ subject: id, limit: 1 })), [all]));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { starting, error, start } = useStarts();
  // Of several the oldest: the others wait for it.
  const running = (id: string) => jobs.filter((job) => job.subject === id && !isTerminal(job.status)).at(-1);
  const busy = (id: string) => starting.has(id) || running(id) !== undefined;
  const wanted = all.filter(({ id }) => chosen.size === 0 || chosen.has(id));
  const free = wanted.filter(({ id }) => !busy(id));

  return (
    <div className="page-column">
      <header className="view-head">
        <div>
          <h1>Scans</h1>
          <p className="view-note">Specifications in markdown, checked by the rules of controlled documents.</p>
        </div>
        <button type="button" className="mp-button mp-primary" aria-disabled={free.length === 0 || undefined}
          onClick={() => void start(free.map(({ id }) => id))}>
          <Symbol name="scan" />{chosen.size === 0 ? "Scan all" : `Scan ${number(chosen.size)} selected`}
        </button>
      </header>
      {error !== null && <p className="feed-error scan-error" role="alert">{error}</p>}
      <ul className="feeds">
        {all.map((repository) => (
          <Card key={repository.id} repository={repository} busy={busy(repository.id)}
            chosen={chosen.has(repository.id)} running={running(repository.id)}
            last={newestEnding(jobs, repository.id)}
            onChoose={() => setChosen(toggled(chosen, repository.id))}
            onStart={() => void start([repository.id])} />
        ))}
      </ul>
    </div>
  );
}

function Card({ repository, busy, chosen, running, last, onChoose, onStart }: {
  readonly repository: Repository;
  readonly busy: boolean;
  readonly chosen: boolean;
  readonly running: Job | undefined;
  readonly last: Job | undefined;
  readonly onChoose: () => void;
  readonly onStart: () => void;
}) {
  const { id, title, files } = repository;
  const shown = running ?? last;
  return (
    <li className="panel scan" aria-labelledby={`scan-${id}`} data-chosen={chosen ? "" : undefined}>
      <div className="feed-head">
        <label className="scan-choice">
          <input type="checkbox" checked={chosen} onChange={onChoose} aria-label={`Select ${title}`} />
          <span>
            <h2 id={`scan-${id}`}>{title}</h2>
            <span className="quiet-text">{number(files)} files</span>
          </span>
        </label>
        <button type="button" className="mp-button" aria-disabled={busy || undefined} data-busy={busy ? "" : undefined}
          onClick={() => !busy && onStart()}>
          <Symbol name={busy ? "sync" : "scan"} />{busy ? "Scanning…" : "Scan now"}
          <span className="unseen"> {title}</span>
        </button>
      </div>
      {shown === undefined
        ? <p className="scan-idle quiet-text">{busy ? "Starting…" : "Never scanned yet."}</p>
        : <ScanLive id={shown.id} />}
      {last !== undefined && <ScanResult job={last} running={running !== undefined} />}
    </li>
  );
}

function newestEnding(jobs: readonly Job[], id: string): Job | undefined {
  return jobs.filter((job) => job.subject === id && job.finished_at !== null)
    .sort((a, b) => ((a.finished_at ?? "") < (b.finished_at ?? "") ? 1 : -1))[0];
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** Starts scans side by side, and knows which were asked for just now. */
function useStarts() {
  const [starting, setStarting] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<string | null>(null);
  const without = (id: string) => setStarting((now) => new Set([...now].filter((other) => other !== id)));

  async function start(ids: readonly string[]): Promise<void> {
    setError(null);
    setStarting((now) => new Set([...now, ...ids]));
    await Promise.all(ids.map(async (id) => {
      try {
        begun(await startScan(id));
        setTimeout(() => without(id), SOON);
      } catch (problem) {
        setError(problem instanceof Problem ? problem.message : String(problem));
        without(id);
      }
    }));
  }
  return { starting, error, start };
}
