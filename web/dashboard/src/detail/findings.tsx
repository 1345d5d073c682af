// Notices as they come, the newest first: warnings, vulnerabilities, notes for a person. The newest travel with the
// job, the older ones are in its history.

import { useMemo, useState } from "react";
import { useNow } from "../../../src/react.ts";
import { isTerminal, type Job, type Level, type Notice } from "../../../src/job.ts";
import { number, when } from "../../../src/display/format.ts";
import { Symbol, type SymbolName } from "../symbol.tsx";
import { noticesOf } from "./notices.ts";
import type { History } from "./use-history.ts";
import { Values } from "./values.tsx";

const SYMBOLS: { readonly [level in Level]: SymbolName } = {
  info: "info", success: "check", warning: "warning", error: "close",
};
const STEP = 20;

export function Findings({ job, history }: { readonly job: Job; readonly history: History }) {
  const notices = useMemo(() => noticesOf(job, history.items), [job, history.items]);
  const [shown, setShown] = useState(STEP);
  const now = useNow(!isTerminal(job.status));
  if (job.notices.total === 0) return null;
  const hidden = notices.length > shown;
  return (
    <section className="panel" aria-labelledby="findings">
      <h2 id="findings">Findings <span className="count">{number(job.notices.total)}</span></h2>
      <ol className="findings">
        {notices.slice(0, shown).map((notice) => <Finding key={notice.number} notice={notice} now={now} />)}
      </ol>
      {(hidden || history.more) && (
        <button type="button" className="text-button" onClick={() => {
          setShown(shown + STEP * 5);
          if (history.more) history.load();
        }}>
          Show more
        </button>
      )}
    </section>
  );
}

function Finding({ notice, now }: { readonly notice: Notice; readonly now: number }) {
  const { level, message, code, at, data } = notice;
  return (
    <li className="finding" data-level={level}>
      <span className="finding-mark"><Symbol name={SYMBOLS[level]} /><span className="unseen">{level}: </span></span>
      <div className="finding-text">
        <p>{message}</p>
        {data !== null && Object.keys(data).length > 0 && (
          <details><summary>{code ?? "Details"}</summary><Values object={data} /></details>
        )}
        {(data === null || Object.keys(data).length === 0) && code !== null && <code>{code}</code>}
      </div>
      <time dateTime={at}>{when(at, now)}</time>
    </li>
  );
}

