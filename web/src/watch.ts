// One watch of the app: each newer state once, by callback or by iteration, each ending once, until it is stopped or
// nothing more can come.

import { call } from "./call.ts";
import type { Watch, WatchHandlers } from "./client.ts";
import { isTerminal, type Selector } from "./job.ts";
import type { Jobs, Known } from "./jobs.ts";

export function createWatch(
  jobs: Jobs,
  selector: Selector,
  handlers?: WatchHandlers<never, never>,
): Watch<never, never> {
  const given = new Map<string, Known>();
  // What a reader of the iteration has not taken yet: the newest state of each job, the longest waiting first.
  const waiting = new Map<string, Known>();
  // Nothing waits for ever: where there are callbacks, only from the first iteration on.
  let reading = !handlers;
  let stopped = false;
  let synced = false;
  let refused = false;
  let wake = (): void => {};

  const { group, leave } = jobs.join(selector, {
    job: give,
    gone(id) {
      given.delete(id);
      if (!stopped) call(handlers?.onGone, id);
    },
    turn,
  });

  function give(job: Known): void {
    const before = given.get(job.id) ?? null;
    if (stopped || (before && job.version <= before.version)) return;
    given.set(job.id, job);
    if (reading) waiting.set(job.id, job);
    call(handlers?.onJob, job, before);
    if (isTerminal(job.status)) call(handlers?.onSettled, job);
    if (!group.members.has(job.id)) given.delete(job.id);
    wake();
  }

  function turn(): void {
    if (stopped) return;
    if (group.synced && !synced) {
      synced = true;
      call(handlers?.onSynced);
    }
    if (group.error && !refused) call(handlers?.onError, group.error);
    refused = group.error !== null;
    wake();
  }

  function stop(): void {
    stopped = true;
    leave();
    wake();
  }

  // What others who watch the same have brought already, once the caller holds what it was given.
  queueMicrotask(() => {
    group.members.forEach(give);
    turn();
  });

  return {
    stop,
    async *[Symbol.asyncIterator]() {
      if (!reading) given.forEach((job, id) => waiting.set(id, job));
      reading = true;
      try {
        for (;;) {
          for (const [id, job] of waiting) {
            waiting.delete(id);
            yield job;
            if (stopped) return;
          }
          if (group.error) throw group.error;
          if (stopped || group.over) return;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        stop();
      }
    },
  };
}
