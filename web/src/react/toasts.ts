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
}

export interface Toasts extends Store<readonly Job[]> {
  dismiss(id: string): void;
  /** While held, none leaves. */
  hold(held: boolean): void;
  start(): () => void;
}

export function createToasts(client: ProgressClient, { selector, progress, stay }: ToastsOptions): Toasts {
  const listeners = new Set<() => void>();
  const shown = new Map<string, Job>();
  const dismissed = new Set<string>();
  const watched = new Set<string>();
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
        onGone: remove,
        onJob(job) {
          const isNew = !watched.has(job.id);
          if (isTerminal(job.status)) {
            watched.delete(job.id);
            if (dismissed.delete(job.id) || (isNew && !synced)) return;
            show(job);
            leave(job.id);
          } else {
            watched.add(job.id);
            // What ran before anybody looked is no news; its end is.
            if (!dismissed.has(job.id) && progress && (shown.has(job.id) || (isNew && synced))) show(job);
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
