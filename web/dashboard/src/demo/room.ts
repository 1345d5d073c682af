// One person's audits, and what they find: nothing of anybody else is asked for. The active ones are watched by their
// owner, the ended ones asked for once; each finding is there with the state that tells it, and what a state has no
// room for is read from the history.

import { useCallback, useEffect, useMemo, useState } from "react";
import { useJobs } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";
import { client } from "../session.ts";
import { type Finding, newestPerTarget } from "./findings.ts";
import { readFindings } from "./read-findings.ts";

const KIND = "vulnerability:audit";
const ENDED = ["completed", "failed", "cancelled"] as const;
/** Ended audits that are asked for. */
const LATELY = 30;
/** Findings that are kept in memory, also those of audits that newer ones have replaced. */
const MOST = 3_000;

export interface Room {
  readonly active: readonly Job[];
  /** The newest first. */
  readonly ended: readonly Job[];
  /** Of the newest audit of each target, the newest first. */
  readonly findings: readonly Finding[];
}

export function useRoom(owner: string): Room {
  const [ended, setEnded] = useState<readonly Job[]>([]);
  const [found, setFound] = useState<ReadonlyMap<string, Finding>>(new Map());
  const { jobs: active } = useJobs({ kind: KIND, owner, status: "active" });
  const take = useCallback((jobs: readonly Job[]) => setEnded((was) => joined(was, jobs)), []);

  useEffect(() => {
    const asked = new AbortController();
    setEnded([]);
    setFound(new Map());
    const hear = readFindings(client, (more) => setFound((was) => merged(was, more)), asked.signal);
    const watch = client.watch({ kind: KIND, owner, status: "active" }, {
      onJob: hear,
      onSettled: (job) => {
        hear(job);
        take([job]);
      },
    });
    client.list({ kind: KIND, owner, status: ENDED, limit: LATELY }, { signal: asked.signal }).then(({ items }) => {
      if (asked.signal.aborted) return;
      take(items);
      newestPerTarget([], items).forEach(hear);
    }, () => { /* Without an answer there is simply less to see; the banner says why. */ });
    return () => {
      asked.abort();
      watch.stop();
    };
  }, [owner, take]);

  const findings = useMemo(() => current(found, newestPerTarget(active, ended)), [found, active, ended]);
  return { active, ended, findings };
}

function joined(was: readonly Job[], jobs: readonly Job[]): readonly Job[] {
  const all = new Map([...was, ...jobs].map((job) => [job.id, job]));
  return [...all.values()].sort((a, b) => ((a.finished_at ?? "") < (b.finished_at ?? "") ? 1 : -1)).slice(0, LATELY);
}

function merged(was: ReadonlyMap<string, Finding>, more: readonly Finding[]): ReadonlyMap<string, Finding> {
  const all = new Map([...was, ...more.map((finding): [string, Finding] => [finding.key, finding])]);
  return all.size > MOST ? new Map([...all].slice(-MOST)) : all;
}

function current(found: ReadonlyMap<string, Finding>, newest: ReadonlyMap<string, Job>): readonly Finding[] {
  const jobs = new Set([...newest.values()].map(({ id }) => id));
  return [...found.values()].filter(({ job }) => jobs.has(job))
    .sort((a, b) => (a.at === b.at ? b.number - a.number : a.at < b.at ? 1 : -1));
}
