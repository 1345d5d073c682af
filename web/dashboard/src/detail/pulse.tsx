// How far the job is, how fast it goes, and how long it will take: what one looks at while waiting.

import { useSyncExternalStore } from "react";
import { ProgressBar, Silence, useNow } from "../../../src/react.ts";
import { isTerminal, type Job } from "../../../src/job.ts";
import { amount, elapsed, nameOf, percent, rate, remaining, when, words } from "../../../src/display/format.ts";
import { nowLine } from "../jobs/lines.ts";
import { trails } from "../session.ts";
import { Sparkline } from "./sparkline.tsx";

export function Pulse({ job }: { readonly job: Job }) {
  const active = !isTerminal(job.status);
  const now = useNow(active);
  const points = useSyncExternalStore(trails.subscribe, () => trails.of(job.id));
  const left = remaining(job, now).replace(/ left$/, "");
  const known = job.progress.percent !== null;
  return (
    <section className="panel pulse" aria-label="Progress">
      {(active || known) && (
        <>
          <div className="pulse-top">
            <p className="pulse-percent" data-word={known ? undefined : ""}>
              {known ? percent(job.progress.percent) : job.status === "queued" ? "Queued" : "Working"}
            </p>
            <div className="pulse-now">
              <p className="pulse-line">{lineOf(job, now)}</p>
              <p className="pulse-amount">{amount(job.progress)}</p>
            </div>
          </div>
          <ProgressBar job={job} label={`Progress of ${nameOf(job)}`} />
        </>
      )}
      <Silence job={job} />
      <dl className="pulse-facts">
        <div>
          <dt>{active ? "Time left" : "Ended"}</dt>
          <dd>{active ? left || "not known yet" : when(job.finished_at ?? job.updated_at, now)}</dd>
        </div>
        <div>
          <dt>{active ? "Running for" : "Took"}</dt>
          <dd>{elapsed(job, now) || (active ? "not started" : "never ran")}</dd>
        </div>
        {(active || points.length > 1) && (
          <>
            <div>
              <dt>Rate</dt>
              <dd>{(job.rate && rate(job.rate.per_second, job.progress.unit)) || "–"}</dd>
            </div>
            <div className="pulse-spark"><Sparkline points={points} /></div>
          </>
        )}
      </dl>
    </section>
  );
}

// What came of it has a place of its own.
function lineOf(job: Job, now: number): string {
  if (job.status === "completed") return "";
  if (job.status !== "failed") return nowLine(job, now);
  const where = job.error?.phase ?? job.phase;
  return where === null ? "Failed" : `Failed in ${words(where)}`;
}
