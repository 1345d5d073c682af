// Which jobs have a toast: one each, changed in place, settling with the outcome and leaving some seconds later unless
// somebody is reading. Owns the timers, draws nothing. No React.

import type { ProgressClient, Store, Watch } from "../client.ts";
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
  /** Watches this job by its id, once: it was started here, so its end is told even where it came before its start. */
  follow(id: string): void;
  start(): () => void;
}

export function createToasts(client: ProgressClient, { selector, progress, stay, filter }: ToastsOptions): Toasts {
  const listeners = new Set<() => void>();
  const shown = new Map<string, Job>();
  const dismissed = new Set<string>();
  /** Those seen at work, whether or not they were worth a toast till then; true = they began while somebody looked. */
  const watched = new Map<string, boolean>();
  const leaving = new Map<string, ReturnType<typeof setTimeout> | undefined>();
  const followed = new Set<string>();
  const watches = new Set<Watch>();
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

  function forget(id: string) {
    watched.delete(id);
    remove(id);
  }

  function tell(job: Job, news: boolean) {
    const { id } = job;
    if (isTerminal(job.status)) {
      if (dismissed.delete(id) || !news) return;
      show(job);
      leave(id);
    } else if (news && progress && !dismissed.has(id)) {
      show(job);
    }
  }

  function watchOne(id: string) {
    watches.add(client.watch(id, { onGone: forget, onJob: (job) => tell(job, true) }));
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
    follow(id) {
      if (followed.has(id)) return;
      followed.add(id);
      if (watches.size > 0) watchOne(id);
    },
    start() {
      let synced = false;
      watches.add(client.watch(selector, {
        onSynced: () => (synced = true),
        onGone: forget,
        onJob(job) {
          const { id } = job;
          if (followed.has(id)) return;
          const fresh = watched.get(id) ?? synced;
          const ended = isTerminal(job.status);
          const known = ended ? watched.delete(id) : !!watched.set(id, fresh);
          // What ran before anybody looked is no news; its end is.
          if (filter && !filter(job)) return;
          tell(job, ended ? known || synced : shown.has(id) || fresh);
        },
      }));
      followed.forEach(watchOne);
      return () => {
        for (const watch of watches) watch.stop();
        for (const timer of leaving.values()) clearTimeout(timer);
        for (const map of [watches, leaving, shown, watched]) map.clear();
        view = [];
      };
    },
  };
}
