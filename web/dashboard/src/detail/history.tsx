// What happened, in order: the attempts where there was more than one, and every change of status and phase.

import { useMemo } from "react";
import type { Job } from "../../../src/job.ts";
import { duration, secondsBetween, when } from "../../../src/display/format.ts";
import { attemptsOf, type Attempt } from "./attempts.ts";
import { happeningOf, lineOf } from "./happening.ts";
import type { History } from "./use-history.ts";

export function HistoryPart({ job, history }: { readonly job: Job; readonly history: History }) {
  const attempts = useMemo(() => attemptsOf(history.items), [history.items]);
  // Findings have a place of their own.
  const items = useMemo(() => history.items.filter(({ type }) => happeningOf(type) !== "notice"), [history.items]);
  const now = Date.parse(job.updated_at);
  return (
    <section className="panel" aria-labelledby="history">
      <h2 id="history">History</h2>
      {attempts.length > 1 && <Attempts attempts={attempts} />}
      <ol className="history">
        {items.map((item) => (
          <li key={item.number} data-happening={happeningOf(item.type)}>
            <span className="history-text">{lineOf(item)}</span>
            <time dateTime={item.at}>{when(item.at, now)}</time>
          </li>
        ))}
      </ol>
      {items.length === 0 && (
        <p className="quiet-text">{history.failed ? "The history cannot be had at the moment." : "Loading…"}</p>
      )}
      {history.more && <button type="button" className="text-button" onClick={history.load}>Load more</button>}
    </section>
  );
}

function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Attempts">
      <table className="attempts">
        <thead><tr><th>Attempt</th><th>Worker</th><th>Ended</th><th>Took</th></tr></thead>
        <tbody>
          {attempts.map((attempt) => (
            <tr key={attempt.number} data-ending={attempt.ending ?? ""}>
              <td className="digits">{attempt.number}</td>
              <td><code>{attempt.worker ?? "–"}</code></td>
              <td>{attempt.ending ?? "under way"}{attempt.message === null ? "" : `: ${attempt.message}`}</td>
              <td className="digits">
                {attempt.to === null ? "" : duration(secondsBetween(attempt.from, attempt.to))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
