// One job: how far it is, what it found, what came of it, and what can be done about it.

import { useEffect, useMemo, useRef } from "react";
import { useJob } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";
import { useShortcuts } from "../frame/shortcuts.ts";
import { Refusal, Trouble } from "../frame/trouble.tsx";
import { listedIds } from "../jobs/current-list.ts";
import { Link } from "../link.tsx";
import { go } from "../navigation.ts";
import { book, client, inbox } from "../session.ts";
import { Symbol } from "../symbol.tsx";
import { useJobOf } from "../jobs/use-job-of.ts";
import { About } from "./about.tsx";
import { Findings } from "./findings.tsx";
import { Head } from "./head.tsx";
import { HistoryPart } from "./history.tsx";
import { ErrorPart, ResultPart } from "./outcome.tsx";
import { PhasesPart } from "./phases.tsx";
import { Pulse } from "./pulse.tsx";
import { Terminal } from "./terminal.tsx";
import { useHistory } from "./use-history.ts";
import { CountersPart } from "./counters.tsx";
import { Children } from "./children.tsx";

export function Detail({ id }: { readonly id: string }) {
  const { state, job: watched, error } = useJob(id);
  const listed = useJobOf(id);
  useNeighbours(id);
  useEffect(() => {
    scrollTo({ top: 0 });
    inbox.read(id);
  }, [id]);
  // What the list knows already is shown while the job's own watch begins.
  const job = watched ?? listed ?? null;
  useEffect(() => {
    if (watched !== null) book.take([watched]);
  }, [watched]);
  return (
    <div className="detail">
      <Link className="back" to={{ job: null }}><Symbol name="back" />Back</Link>
      {state === "gone" && job !== null && (
        <p className="banner" data-level="warning">
          <Symbol name="clock" />This job was deleted, or has expired. This is its last state.
        </p>
      )}
      {job !== null ? <Parts job={job} gone={state === "gone"} />
        : state === "gone" || error?.status === 404 ? <Missing id={id} />
        : error !== null ? <Refusal problem={error} what="this job" onRetry={() => client.reconnect()} />
        : <Loading />}
    </div>
  );
}

function Parts({ job, gone }: { readonly job: Job; readonly gone: boolean }) {
  const history = useHistory(job);
  return (
    <>
      <Head job={job} gone={gone} />
      <div className="detail-columns">
        <div className="detail-main">
          <ErrorPart job={job} />
          <Pulse job={job} />
          <ResultPart job={job} />
          <PhasesPart job={job} />
          <Children job={job} />
          <Findings job={job} history={history} />
          <HistoryPart job={job} history={history} />
        </div>
        <div className="detail-side">
          <CountersPart job={job} />
          <About job={job} />
          <Terminal job={job} />
        </div>
      </div>
    </>
  );
}

function Missing({ id }: { readonly id: string }) {
  return (
    <Trouble whole symbol="search" title="There is no such job"
      actions={<Link className="mp-button" to={{ job: null }}>To all jobs</Link>}>
      <code>{id}</code> was deleted, has expired, or never was. Finished jobs are kept for a week, unless the service is
      set up otherwise.
    </Trouble>
  );
}

function Loading() {
  return (
    <div className="skeleton" aria-busy="true">
      <span className="unseen" role="status">Loading the job</span>
      {[88, 196, 150].map((height) => (
        <div key={height} className="skeleton-line" style={{ height }} aria-hidden="true" />
      ))}
    </div>
  );
}

// j and k go on to the neighbours in the list that the reader came from.
function useNeighbours(id: string) {
  const now = useRef(id);
  now.current = id;
  useShortcuts(useMemo(() => {
    const step = (by: number) => () => {
      const ids = listedIds();
      const next = ids[ids.indexOf(now.current) + by];
      if (next !== undefined) go({ job: next }, true);
    };
    return [
      { keys: "j", label: "Next job", run: step(1) },
      { keys: "k", label: "Previous job", run: step(-1) },
    ];
  }, []));
}
