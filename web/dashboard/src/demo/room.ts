// One person's audits, and what they find: nothing of anybody else is asked for. The active ones as they come, the ended
// ones once, and each finding at the moment it is told.

import { useCallback, useEffect, useState } from "react";
import { useJobs } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";
import { client } from "../session.ts";
import { type Finding, findingOf, newestPerTarget } from "./findings.ts";

const KIND = "vulnerability:audit";
const ENDED = ["completed", "failed", "cancelled"] as const;
/** Ended audits that are asked for, and findings that are kept in sight. */
const LATELY = 30;
const MOST = 500;

export interface Room {
  readonly active: readonly Job[];
  /** The newest first. */
  readonly ended: readonly Job[];
  /** Of the newest audit of each target, the newest first. */
  readonly findings: readonly Finding[];
}

export function useRoom(owner: string): Room {
  const [ended, setEnded] = useState<readonly Job[]>([]);
  const [findings, setFindings] = useState<ReadonlyMap<string, Finding>>(new Map());
  const add = useCallback((found: readonly Finding[]) => found.length > 0 && setFindings((was) => merged(was, found)), []);
  const { jobs: active } = useJobs({ kind: KIND, owner, status: "active" }, {
    onSettled: (job) => setEnded((was) => [job, ...was.filter(({ id }) => id !== job.id)].slice(0, LATELY)),
  });

  useEffect(() => {
    const asked = new AbortController();
    const { signal } = asked;
    setEnded([]);
    setFindings(new Map());
    // Heard from now on, before what was is asked for: nothing falls between.
    const leave = client.on(`${KIND}:notice`, ({ job, data, at }) => {
      const finding = findingOf(job, { ...data, at });
      if (finding !== null) add([finding]);
    }, { owner });
    before(owner, signal, (jobs) => setEnded((was) => [...was, ...jobs.filter(({ id }) => !was.some((job) => job.id === id))]), add)
      .catch(() => { /* Without an answer there is simply less to see; the banner says why. */ });
    return () => {
      asked.abort();
      leave();
    };
  }, [owner, add]);

  return { active, ended, findings: current(findings, newestPerTarget(active, ended)) };
}

/** What had happened before: the ended audits, and all that the newest of each target found. */
async function before(
  owner: string, signal: AbortSignal, take: (jobs: readonly Job[]) => void, add: (found: readonly Finding[]) => void,
): Promise<void> {
  const selection = { kind: KIND, owner };
  const [ended, active] = await Promise.all([
    client.list({ ...selection, status: ENDED, limit: LATELY }, { signal }),
    client.list({ ...selection, status: "active" }, { signal }),
  ]);
  take(ended.items);
  for (const job of newestPerTarget(active.items, ended.items).values()) {
    const { items } = await client.history(job.id, { limit: MOST }, { signal });
    add(items.flatMap((item) => item.type.endsWith(":notice") ? findingOf(job, { ...item.data, at: item.at }) ?? [] : []));
  }
}

function merged(was: ReadonlyMap<string, Finding>, found: readonly Finding[]): ReadonlyMap<string, Finding> {
  return new Map([...was, ...found.map((finding): [string, Finding] => [finding.key, finding])]);
}

function current(all: ReadonlyMap<string, Finding>, newest: ReadonlyMap<string, Job>): readonly Finding[] {
  const jobs = new Set([...newest.values()].map(({ id }) => id));
  return [...all.values()].filter(({ job }) => jobs.has(job))
    .sort((a, b) => (a.at === b.at ? b.number - a.number : a.at < b.at ? 1 : -1)).slice(0, MOST);
}
