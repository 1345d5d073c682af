// What happens to jobs, told by name: each happening once, none missed, in order for each job. It follows from two
// states of a job; where they cannot tell all, the history is read before anything newer of that job is told.

import { call } from "./call.ts";
import type { JobEvent, Room } from "./client.ts";
import { difference, type Happened } from "./difference.ts";
import type { Frame, HistoryItem, Selector } from "./job.ts";
import type { Group, Jobs, Known } from "./jobs.ts";
import { Problem } from "./problem.ts";
import { matches } from "./selector.ts";

/** How many lines of a history are asked for at once. */
const PAGE = 1_000;

interface Page {
  readonly items: readonly HistoryItem[];
  readonly next: number | null;
}

type History = (id: string, query: { after: number; limit: number }) => Promise<Page>;

interface Subscriber {
  readonly group: Group;
  readonly pattern: RegExp;
  readonly listener: (event: JobEvent<never, never>) => void;
}

export interface Events {
  on(pattern: string, listener: (event: JobEvent<never, never>) => void, room?: Room): () => void;
  changed(frame: Frame, before: Known | null): void;
}

export function createEvents(jobs: Jobs, history: History): Events {
  const subscribers = new Set<Subscriber>();
  // The jobs whose history is being read, and the newest frame that waits for it.
  const behind = new Map<string, Frame | null>();

  function changed(frame: Frame, before: Known | null): void {
    const job = frame.data as Known;
    const hearing = [...subscribers].filter(({ group }) => matches(job, group.selection));
    if (hearing.length === 0) return;
    if (behind.has(job.id)) behind.set(job.id, frame);
    // What a first snapshot brings has been before; what comes for the first time after it is new.
    else if (before || hearing.some(({ group }) => group.synced)) advance(before, frame);
  }

  function advance(before: Known | null, frame: Frame): void {
    const job = frame.data as Known;
    const { happened, sure } = difference(before, job, frame.type.slice(frame.type.lastIndexOf(":") + 1));
    if (sure) return tell(job, happened);
    behind.set(job.id, null);
    void read(before, job).then((lines) => {
      const unkept = happened.filter(({ what }) => what === "progress" || what === "children");
      tell(job, lines ? [...lines, ...unkept] : happened);
      const next = behind.get(job.id);
      behind.delete(job.id);
      if (next) advance(job, next);
    });
  }

  /** The lines of the history from one state to the other; null where there is none to be had. */
  async function read(before: Known | null, job: Known): Promise<Happened[] | null> {
    // Each notice and each attempt has its line, as has the creation: so many lines at least are known.
    let after: number | null = before ? 1 + before.notices.total + before.attempt : 0;
    const lines: Happened[] = [];
    for (let pause = 1_000; after !== null; ) {
      try {
        const page: Page = await history(job.id, { after, limit: PAGE });
        for (const { version, type, at, data } of page.items) {
          if (version > (before?.version ?? 0) && version <= job.version) {
            lines.push({ what: type.slice(type.lastIndexOf(":") + 1), at, data });
          }
        }
        after = page.next;
      } catch (problem) {
        if (subscribers.size === 0 || (problem instanceof Problem && [403, 404].includes(problem.status))) return null;
        await new Promise((resolve) => setTimeout(resolve, pause));
        if (jobs.closed()) return null;
        pause = Math.min(pause * 2, 30_000);
      }
    }
    return lines;
  }

  function tell(job: Known, happened: readonly Happened[]): void {
    const now = jobs.newest(job.id) ?? job;
    for (const { what, at, data } of happened) {
      const event = { type: `${job.kind}:${what}`, at, job: now, data };
      for (const { group, pattern, listener } of [...subscribers]) {
        if (pattern.test(event.type) && matches(job, group.selection)) call(listener, event);
      }
    }
  }

  return {
    changed,
    on(pattern, listener, room = {}) {
      const kind = pattern.includes("*") ? undefined : pattern.slice(0, pattern.lastIndexOf(":"));
      const selector: Selector = kind ? { ...room, kind } : room;
      const { group, leave } = jobs.join(selector, {});
      const subscriber = { group, pattern: expression(pattern), listener };
      subscribers.add(subscriber);
      return () => {
        if (subscribers.delete(subscriber)) leave();
      };
    },
  };
}

// `*` stands for any part or parts.
function expression(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[^\w:*-]/g, "\\$&").replaceAll("*", ".+")}$`);
}
