// Findings as they come, the newest first: how bad, where, what it is, and which versions mend it.

import { useState } from "react";
import { useNow } from "../../../src/react.ts";
import { number, when, words } from "../../../src/display/format.ts";
import { Link } from "../link.tsx";
import type { Finding } from "./findings.ts";

const STEP = 30;

export function FindingList({ findings, titles }: {
  readonly findings: readonly Finding[];
  readonly titles: ReadonlyMap<string, string>;
}) {
  const [shown, setShown] = useState(STEP);
  const now = useNow();
  const open = findings.filter(({ state }) => state !== "fixed").length;
  return (
    <section className="panel" aria-labelledby="found">
      <h2 id="found">Findings <span className="count">{number(open)}</span></h2>
      {findings.length === 0 && <p className="quiet-text">Nothing was found yet.</p>}
      <ol className="found-list">
        {findings.slice(0, shown).map((finding) => (
          <Found key={finding.key} finding={finding} title={titles.get(finding.target) ?? finding.target} now={now} />
        ))}
      </ol>
      {findings.length > shown && (
        <button type="button" className="text-button" onClick={() => setShown(shown + STEP * 3)}>Show more</button>
      )}
    </section>
  );
}

function Found({ finding, title, now }: { readonly finding: Finding; readonly title: string; readonly now: number }) {
  const { kind, severity, score, advisory, url, patched, state, at } = finding;
  const graded = kind !== "vulnerability" ? kind : severity === "unknown" ? "unrated" : severity;
  return (
    <li className="found" data-state={state}>
      <span className="grade" data-severity={graded}>
        {words(graded)}{score !== null && ` ${score.toFixed(1)}`}
      </span>
      <div className="found-text">
        <p><strong>{finding.package}</strong> {finding.title}</p>
        <p className="found-more">
          {url === null ? <span>{advisory}</span>
            : <a href={url} target="_blank" rel="noreferrer">{advisory}<span className="unseen"> (new tab)</span></a>}
          {state !== "fixed" && <span>{patched.length > 0 ? `patched in ${patched.join(" or ")}` : "no patched version"}</span>}
          <Link to={{ job: finding.job }}>{title}</Link>
        </p>
      </div>
      <span className="found-state" data-state={state}>{state === "known" ? "still there" : state}</span>
      <time className="found-time" dateTime={at}>{when(at, now)}</time>
    </li>
  );
}
