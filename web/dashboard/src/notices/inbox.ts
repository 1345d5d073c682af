// The notifications of this browser for a project, kept between visits and shared by its tabs. Says what is new to
// whoever wants to tell the reader.

import type { Job } from "../../../src/job.ts";
import { onRemembered, recall, remember } from "../storage.ts";
import { isNotifications, merged, withEnded, withRead, type Notification } from "./notifications.ts";

/** Writing is put off a little: a thousand jobs may end at once. */
const PAUSE = 400;

export interface Inbox {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => readonly Notification[];
  add(jobs: Iterable<Job>): void;
  /** Marks one as read, or all. */
  read(job?: string): void;
  clear(): void;
}

export function openInbox(project: string): Inbox {
  const name = `notifications.${project}`;
  const listeners = new Set<() => void>();
  let list: readonly Notification[] = recall(name, isNotifications) ?? [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function set(next: readonly Notification[], write = true) {
    if (next === list) return;
    list = next;
    if (write) timer ??= setTimeout(keep, PAUSE);
    for (const listener of listeners) listener();
  }

  function keep() {
    clearTimeout(timer);
    timer = undefined;
    remember(name, list);
  }

  onRemembered(name, () => {
    const theirs = recall(name, isNotifications) ?? [];
    set(theirs.length === 0 ? [] : merged(list, theirs), false);
  });
  addEventListener("pagehide", () => {
    if (timer !== undefined) keep();
  });

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => list,
    add: (jobs) => set(withEnded(list, jobs)),
    read: (job) => set(withRead(list, job)),
    clear() {
      set([]);
      keep();
    },
  };
}
