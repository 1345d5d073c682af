// Which jobs have a toast: one each, changed in place, settling with the outcome and leaving some seconds later unless
// somebody is reading. Owns the timers, draws nothing. No React.

import type { ProgressClient, Store } from "../client.ts";
import { isTerminal, type Job, type Selector } from "../job.ts";

interface ToastsOptions {
  readonly selector: Selector;
  /** Also while a job runs; otherwise only when it has ended. */
  readonly progress: boolean;
  /** How long a settled toast stays, in milliseconds. */
  readonly stay: number;
  /** Which of the jobs deserve one; asked again for each state. Default: all. */
  readonly filter?: ((job: Job) => boolean) | undefined;
}

export interface Toasts extends Store<readonly Job[]> {
  dismiss(id: string): void;
  /** While held, none leaves. */
  hold(held: boolean): void;
  start(): () => void;
}

export function createToasts(client: ProgressClient, { selector, progress, stay, filter }: ToastsOptions): Toasts {
  const listeners = new Set<() => void>();
  const shown = new Map<string, Job>();
  const dismissed = new Set<string>();
  /** Those seen at work, whether or not they were worth a toast till then; true = they began while somebody looked. */
  const watched = new Map<string, boolean>();
  const leaving = new Map<string, ReturnType<typeof setTimeout> | undefined>();
  let held = false;
  let view: readonly Job[] = [];

  function draw() {
    view = [...shown.values()];
    for (const listener of listeners) listener();
  }

  function remove(id: string) {
    clearTimeout(leaving.get(id));
    leaving.delete(id);
    if (shown.delete(id)) draw();
  }

  function leave(id: string) {
    clearTimeout(leaving.get(id));
    leaving.set(id, held ? undefined : setTimeout(remove, stay, id));
  }

  function show(job: Job) {
    shown.set(job.id, job);
    draw();
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    getSnapshot: () => view,
    dismiss(id) {
      dismissed.add(id);
      remove(id);
    },
    hold(now) {
      if (held === now) return;
      held = now;
      for (const [id, timer] of leaving) {
        if (held) clearTimeout(timer);
        else leave(id);
      }
    },
    start() {
      let synced = false;
      const watch = client.watch(selector, {
        onSynced: () => (synced = true),
        onGone(id) {
          watched.delete(id);
          remove(id);
        },
        onJob(job) {
          const { id } = job;
          const fresh = watched.get(id) ?? synced;
          const ended = isTerminal(job.status);
          const known = ended ? watched.delete(id) : !!watched.set(id, fresh);
          if (filter && !filter(job)) return;
          if (ended) {
            if (dismissed.delete(id) || (!known && !synced)) return;
            show(job);
            leave(id);
          } else if (!dismissed.has(id) && progress && (shown.has(id) || fresh)) {
            // What ran before anybody looked is no news; its end is.
            show(job);
          }
        },
      });
      return () => {
        watch.stop();
        for (const timer of leaving.values()) clearTimeout(timer);
        leaving.clear();
        shown.clear();
        watched.clear();
        view = [];
      };
    },
  };
}
