// The same from a terminal. A token is never written out: it is named by the variable that should hold it.

import { isTerminal, type Job } from "../../../src/job.ts";
import { CopyButton } from "../frame/copy-button.tsx";
import { token } from "../gate/credential.ts";

export function Terminal({ job }: { readonly job: Job }) {
  const base = `${location.origin}/v1/projects/${job.project}`;
  const bearer = token() === null ? "" : ` -H "Authorization: Bearer $MILEPOST_TOKEN"`;
  return (
    <section className="panel" aria-labelledby="terminal">
      <h2 id="terminal">From a terminal</h2>
      <Command label="Its state" text={`curl -s${bearer} '${base}/jobs/${job.id}'`} />
      {!isTerminal(job.status) && (
        <Command label="Follow it" text={`curl -sN${bearer} '${base}/events?job=${job.id}'`} />
      )}
      <Command label="Its history" text={`curl -s${bearer} '${base}/jobs/${job.id}/history'`} />
    </section>
  );
}

function Command({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div className="command">
      <div className="command-head">
        <span>{label}</span><CopyButton text={text} label={`Copy the command: ${label}`} />
      </div>
      <code tabIndex={0}>{text}</code>
    </div>
  );
}
