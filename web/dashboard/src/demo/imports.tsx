// Drop CSV files, several at once, and watch them go in; any of them can be cancelled.

import { useEffect, useRef, useState } from "react";
import { JobCard } from "../../../src/react.ts";
import { Problem } from "../../../src/problem.ts";
import { isTerminal, type Job } from "../../../src/job.ts";
import { IconButton } from "../frame/icon-button.tsx";
import { go, href } from "../navigation.ts";
import { useJobOf } from "../jobs/use-job-of.ts";
import { begun } from "../session.ts";
import { Symbol } from "../symbol.tsx";
import { useHeld } from "../use-hold.ts";
import { useStore } from "../use-store.ts";
import { bytes } from "./bytes.ts";
import { importSample, type Demo } from "./demo.ts";
import { dropUpload, upload, uploads, type Upload } from "./uploads.ts";
import { useKind } from "./use-kind.ts";

const KIND = "csv:import";
const ENDED = [{ limit: 12 }];

export function Imports({ demo }: { readonly demo: Demo }) {
  const jobs = useKind(KIND, ENDED);
  // What runs longest stands first, so that a new one moves none; and none moves under a pointer.
  const active = idsOf(jobs.filter((job) => !isTerminal(job.status))).reverse();
  const [shown, rested] = useHeld(active);
  const ended = idsOf(jobs).filter((id) => !active.includes(id) && !shown.includes(id)).slice(0, 12);
  const waiting = useStore(uploads);
  return (
    <div className="page-column">
      <header className="view-head">
        <div>
          <h1>Imports</h1>
          <p className="view-note">CSV files into tables of the database, row by row.</p>
        </div>
      </header>
      <Drop demo={demo} />
      {waiting.length > 0 && (
        <ul className="uploads" aria-label="Uploads">{waiting.map((one) => <Row key={one.key} one={one} />)}</ul>
      )}
      <h2 className="section-title">Under way <span className="count">{active.length}</span></h2>
      {shown.length === 0
        ? <p className="quiet-text section-empty">Nothing is being imported now.</p>
        : <ul className="card-grid" ref={rested}>{shown.map((id) => <li key={id}><Card id={id} /></li>)}</ul>}
      {ended.length > 0 && (
        <>
          <h2 className="section-title">Lately</h2>
          <ul className="card-grid">{ended.map((id) => <li key={id}><Card id={id} /></li>)}</ul>
        </>
      )}
    </div>
  );
}

const idsOf = (jobs: readonly Job[]): string[] => jobs.map(({ id }) => id);

function Card({ id }: { readonly id: string }) {
  const job = useJobOf(id);
  if (job === undefined) return null;
  return (
    <JobCard job={job} href={() => href({ job: id })} onOpen={(_, event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      go({ job: id });
    }} />
  );
}

function Drop({ demo }: { readonly demo: Demo }) {
  const [over, setOver] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const limit = demo.upload_limit;
  const take = (files: Iterable<File>) => upload([...files], limit, begun);
  const latest = useRef(take);
  latest.current = take;

  // Dropped beside the place, a file would open and the page be gone: the whole page takes it.
  useEffect(() => {
    const enter = (event: DragEvent) => setOver(event.dataTransfer?.types.includes("Files") ?? false);
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const above = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      latest.current(event.dataTransfer?.files ?? []);
    };
    addEventListener("dragenter", enter);
    addEventListener("dragleave", leave);
    addEventListener("dragover", above);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragenter", enter);
      removeEventListener("dragleave", leave);
      removeEventListener("dragover", above);
      removeEventListener("drop", drop);
    };
  }, []);

  async function sample(name: string) {
    setError(null);
    try {
      begun(await importSample(name));
    } catch (problem) {
      setError(problem instanceof Problem ? problem.message : String(problem));
    }
  }

  return (
    <div className="panel drop" data-over={over ? "" : undefined}>
      <Symbol name="upload" />
      <p className="drop-text"><strong>Drop CSV files here</strong>, several at once, up to {bytes(limit)} each</p>
      <button type="button" className="mp-button mp-primary" onClick={() => input.current?.click()}>
        Choose files
      </button>
      <input ref={input} type="file" accept=".csv,text/csv" multiple hidden aria-label="CSV files"
        onChange={(event) => {
          take(event.target.files ?? []);
          event.target.value = "";
        }} />
      <details className="samples">
        <summary>Or take a sample</summary>
        <ul>
          {demo.samples.map(({ name }) => (
            <li key={name}><button type="button" className="chip" onClick={() => void sample(name)}>{name}</button></li>
          ))}
        </ul>
      </details>
      {error !== null && <p className="feed-error" role="alert">{error}</p>}
    </div>
  );
}

function Row({ one }: { readonly one: Upload }) {
  const { name, size, sent, state, problem } = one;
  const note = state === "refused" ? problem : state === "waiting" ? "waiting" : `${bytes(sent)} of ${bytes(size)}`;
  return (
    <li className="upload" data-state={state}>
      <span className="upload-name">{name}</span>
      <span className="upload-note">{note}</span>
      <IconButton symbol="close" label={state === "refused" ? `Put ${name} away` : `Stop ${name}`}
        onClick={() => dropUpload(one.key)} />
      {state === "sending" && <progress max={size} value={sent} aria-label={`Upload of ${name}`} />}
    </li>
  );
}
