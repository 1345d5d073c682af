// The parts of a scan's card: the run with its phases and findings, and what came of the last one.

import { CancelButton, PhaseTimeline, ProgressBar, StatusBadge, useNow } from "../../../src/react.ts";
import { isTerminal, type Job, type Json, type JsonObject, type Notice } from "../../../src/job.ts";
import { ago, amount, duration, number, percent, remaining, secondsBetween, when, words } from "../../../src/display/format.ts";
import { nowLine } from "../jobs/lines.ts";
import { useJobOf } from "../jobs/use-job-of.ts";
import { Link } from "../link.tsx";

const COUNTS = [
  "documents", "valid", "invalid", "added", "changed", "removed", "unchanged", "opened", "resolved",
] as const;
const SEVERITIES = ["critical", "major", "minor"] as const;
/** So many of the newest findings are on the card; the rest is with the job. */
const SHOWN = 5;

/** The scan that runs, or else the last one. */
export function ScanLive({ id }: { readonly id: string }) {
  const job = useJobOf(id);
  if (job === undefined) return null;
  return (
    <div className="scan-live">
      <Line job={job} />
      <div className="meter">
        <ProgressBar job={job} label={`Progress of ${job.title ?? "the scan"}`} />
        <span className="meter-percent" aria-hidden="true">{percent(job.progress.percent)}</span>
      </div>
      <PhaseTimeline job={job} layout="line" />
      <dl className="severities">
        {SEVERITIES.map((severity) => (
          <div key={severity} data-severity={severity} data-none={job.counters[severity] ? undefined : ""}>
            <dt>{words(severity)}</dt><dd>{severity in job.counters ? number(job.counters[severity] ?? 0) : "–"}</dd>
          </div>
        ))}
      </dl>
      <Findings job={job} />
    </div>
  );
}

function Line({ job }: { readonly job: Job }) {
  const now = useNow();
  if (!isTerminal(job.status)) {
    return (
      <div className="feed-line">
        <Link to={{ job: job.id }}>{nowLine(job, now) || "Running"}</Link>
        <span className="feed-figures">{[amount(job.progress), remaining(job, now)].filter(Boolean).join(" · ")}</span>
        <CancelButton job={job} reason="asked for on the scans page" />
      </div>
    );
  }
  const { finished_at: end, started_at: start } = job;
  return (
    <p className="feed-line">
      <span>
        <StatusBadge job={job} />
        {end !== null && <Link to={{ job: job.id }} title={when(end, now)}><time dateTime={end}>{ago(end, now)}</time></Link>}
        {end !== null && start !== null && <span className="quiet-text">in {duration(secondsBetween(start, end))}</span>}
      </span>
      {job.error !== null && <span className="feed-why">{job.error.message}</span>}
    </p>
  );
}

function Findings({ job }: { readonly job: Job }) {
  const { total, recent } = job.notices;
  const newest = [...recent].sort((a, b) => b.number - a.number).slice(0, SHOWN);
  if (total === 0) {
    return <p className="scan-none quiet-text">{isTerminal(job.status) ? "Nothing new was found." : "Nothing found yet."}</p>;
  }
  return (
    <>
      <ol className="scan-findings" aria-label="Newest findings">
        {newest.map((notice) => <Finding key={notice.number} notice={notice} />)}
      </ol>
      {total > newest.length && (
        <Link className="text-button" to={{ job: job.id }}>All {number(total)} findings of this scan</Link>
      )}
    </>
  );
}

function Finding({ notice }: { readonly notice: Notice }) {
  const severity = textOf(notice.data?.["severity"]) ?? notice.level;
  const place = /^(\S+:\d+): (.*)$/s.exec(notice.message);
  return (
    <li>
      <span className="severity" data-severity={severity}>{severity}</span>
      <span className="scan-text">
        {place === null ? notice.message : <>{place[2]} <code>{place[1]}</code></>}
      </span>
    </li>
  );
}

/** What came of the last scan: in one line while another one runs. */
export function ScanResult({ job, running }: { readonly job: Job; readonly running: boolean }) {
  const result = job.result;
  if (result === null) return null;
  const counts = COUNTS.flatMap((name) => {
    const value = result[name];
    return typeof value === "number" ? [{ name, value }] : [];
  });
  const worst = worstOf(result["worst"]);
  return (
    <div className="feed-last">
      {running && <p className="quiet-text">Last scan</p>}
      <dl className="feed-counts">
        {counts.map(({ name, value }) => <div key={name}><dt>{words(name)}</dt><dd>{number(value)}</dd></div>)}
      </dl>
      {worst.length > 0 && (
        <details className="worst">
          <summary>Files with the most findings</summary>
          <table>
            <thead><tr><th scope="col">File</th><th scope="col">Findings</th></tr></thead>
            <tbody>
              {worst.map(({ path, findings }) => (
                <tr key={path}><td><code>{path}</code></td><td>{number(findings)}</td></tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </div>
  );
}

function worstOf(value: Json | undefined): readonly { readonly path: string; readonly findings: number }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: Json) => {
    const { path, findings } = (typeof one === "object" && one !== null ? one : {}) as JsonObject;
    return typeof path === "string" && typeof findings === "number" ? [{ path, findings }] : [];
  });
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
