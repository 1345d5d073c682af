// The plain facts of a job: its names, its relations, its times, and what its maker noted.

import type { ReactNode } from "react";
import { useNow } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";
import { when } from "../../../src/display/format.ts";
import { CopyButton } from "../frame/copy-button.tsx";
import { NO_FILTERS } from "../jobs/filters.ts";
import { Link } from "../link.tsx";
import { Values } from "./values.tsx";

export function About({ job }: { readonly job: Job }) {
  const now = useNow(false);
  return (
    <section className="panel" aria-labelledby="about">
      <h2 id="about">About</h2>
      <dl className="values">
        <Fact name="id"><code>{job.id}</code><CopyButton text={job.id} label="Copy the id" /></Fact>
        <Alike name="kind" value={job.kind} />
        <Alike name="subject" value={job.subject} />
        <Alike name="owner" value={job.owner} />
        {job.parent !== null && <Fact name="part of"><Link to={{ job: job.parent }}>{job.parent}</Link></Fact>}
        {job.retry_of !== null && <Fact name="retry of"><Link to={{ job: job.retry_of }}>{job.retry_of}</Link></Fact>}
        <Fact name="created">{when(job.created_at, now)}</Fact>
        {job.started_at !== null && <Fact name="started">{when(job.started_at, now)}</Fact>}
        {job.finished_at !== null && <Fact name="ended">{when(job.finished_at, now)}</Fact>}
        <Fact name="attempt">{job.attempt}</Fact>
        <Fact name="version">{job.version}</Fact>
      </dl>
      {Object.keys(job.metadata).length > 0 && (
        <>
          <h3>Metadata</h3>
          <Values object={job.metadata} />
        </>
      )}
    </section>
  );
}

// Leads to the jobs that share it.
function Alike({ name, value }: { readonly name: "kind" | "subject" | "owner"; readonly value: string | null }) {
  if (value === null) return null;
  const filters = { ...NO_FILTERS, [name]: value };
  return <Fact name={name}><Link to={{ view: "jobs", job: null, filters }}>{value}</Link></Fact>;
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}
