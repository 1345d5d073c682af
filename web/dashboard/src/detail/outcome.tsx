// What came of the job: its error with what is known of it, that it was to be cancelled, its result.

import { ErrorNote } from "../../../src/react.ts";
import { isTerminal, type Job } from "../../../src/job.ts";
import { when } from "../../../src/display/format.ts";
import { Values } from "./values.tsx";

export function ErrorPart({ job }: { readonly job: Job }) {
  const { error, cancel } = job;
  return (
    <>
      {error !== null && (
        <section aria-label="Error">
          <ErrorNote error={error} again={!isTerminal(job.status)} />
          {error.details !== null && <div className="panel"><Values object={error.details} /></div>}
        </section>
      )}
      {cancel !== null && (
        <p className="panel quiet">
          Cancel asked for{cancel.by ? ` by ${cancel.by}` : ""} at {when(cancel.requested_at, Date.now())}
          {cancel.reason ? `: ${cancel.reason}` : ""}
        </p>
      )}
    </>
  );
}

export function ResultPart({ job: { result } }: { readonly job: Job }) {
  if (result === null || Object.keys(result).length === 0) return null;
  return (
    <section className="panel" aria-labelledby="result">
      <h2 id="result">Result</h2>
      <Values object={result} />
    </section>
  );
}
