// What is watched, by which pages, and the newest frame of each job in it. Frames come in from any link, older ones are
// dropped here; each page is told what its watches are to know. Knows no connections.

import type { Frame, Job, Selector } from "./job.ts";
import { isTerminal } from "./job.ts";
import type { Update } from "./port.ts";
import { keyOf, matches, normal, type Selection } from "./selector.ts";
import type { Group as Served } from "./session.ts";

/** A page that listens. */
export interface Page {
  readonly watches: Map<number, Group>;
  tell(update: Update): void;
}

export interface Group extends Served {
  readonly key: string;
  /** Without those of the named jobs that are gone: nobody may ask for them again. */
  selection: Selection;
  /** Who watches it: page, and the number of the watch there. */
  readonly watchers: Map<Page, Set<number>>;
  /** The named jobs that have not ended, as far as is known; null = it names none. */
  readonly left: Set<string> | null;
  /** Nothing more will come of it. */
  done: boolean;
  /** While it is given anew: the jobs that were. */
  anew: Set<string> | null;
}

/** Of how many jobs that left every selection the version is remembered: an old frame must not bring them back. */
const REMEMBERED = 1000;

interface Watched {
  readonly groups: ReadonlyMap<string, Group>;
  /** Gives the page what is known, and tells whether the selection is new. */
  watch(page: Page, watch: number, selector: Selector): { readonly group: Group; readonly fresh: boolean };
  unwatch(page: Page, watch: number): void;
  /** Forgets a group; its watches hear no more. */
  drop(group: Group): void;
  frame(frame: Frame): void;
  gone(job: string): void;
  reset(group: Group): void;
  synced(group: Group, brings: (job: Job) => boolean): void;
  ended(group: Group, jobs: readonly string[] | undefined): void;
}

export function createWatched(): Watched {
  const groups = new Map<string, Group>();
  const byJob = new Map<string, Set<Group>>();
  const others = new Set<Group>();
  const frames = new Map<string, Frame>();
  const left = new Map<string, number>();

  function candidates(id: string): Group[] {
    return [...byJob.get(id) ?? [], ...others];
  }

  function known({ selection }: Group): Frame[] {
    const found = selection.job ? selection.job.flatMap((id) => frames.get(id) ?? []) : [...frames.values()];
    return found.filter((frame) => matches(frame.data, selection));
  }

  function tell(group: Group, update: (watch: number) => Update): void {
    for (const [page, watches] of group.watchers) for (const watch of watches) page.tell(update(watch));
  }

  // What has ended, or is gone, is not waited for.
  function strike(group: Group, id: string): void {
    group.left?.delete(id);
    settle(group);
  }

  function settle(group: Group): void {
    if (group.done || !group.synced || group.anew || group.left?.size !== 0) return;
    group.done = true;
    tell(group, (watch) => ({ type: "finished", watch }));
  }

  function create(key: string, selection: Selection): Group {
    const named = selection.job;
    const group: Group = {
      key, selection, watchers: new Map(), cursor: null, synced: false, done: false, anew: null,
      left: named ? new Set(named) : null,
    };
    groups.set(key, group);
    if (!named) others.add(group);
    for (const id of named ?? []) {
      byJob.set(id, (byJob.get(id) ?? new Set()).add(group));
      const status = frames.get(id)?.data.status;
      if (status && isTerminal(status)) group.left?.delete(id);
    }
    // All of it is known to have ended: there is nothing to ask.
    if (group.left?.size === 0) group.synced = group.done = true;
    return group;
  }

  function watch(page: Page, number: number, selector: Selector): { group: Group; fresh: boolean } {
    const selection = normal(selector);
    const key = keyOf(selection);
    const there = groups.get(key);
    const group = there ?? create(key, selection);
    page.watches.set(number, group);
    group.watchers.set(page, (group.watchers.get(page) ?? new Set()).add(number));
    for (const frame of known(group)) page.tell({ type: "frames", frames: [frame] });
    const asked = new Set(group.selection.job);
    for (const id of selection.job ?? []) if (!asked.has(id)) page.tell({ type: "gone", job: id });
    if (group.synced && !group.anew) page.tell({ type: "synced", watch: number });
    if (group.done) page.tell({ type: "finished", watch: number });
    return { group, fresh: !there };
  }

  function unwatch(page: Page, number: number): void {
    const group = page.watches.get(number);
    const watches = group?.watchers.get(page);
    page.watches.delete(number);
    watches?.delete(number);
    if (watches?.size === 0) group?.watchers.delete(page);
  }

  function drop(group: Group): void {
    groups.delete(group.key);
    others.delete(group);
    for (const id of group.selection.job ?? []) {
      const named = byJob.get(id);
      named?.delete(group);
      if (named?.size === 0) byJob.delete(id);
    }
    for (const [page, watches] of group.watchers) for (const number of watches) page.watches.delete(number);
    for (const { data } of known(group)) {
      if (!candidates(data.id).some((other) => matches(data, other.selection))) frames.delete(data.id);
    }
  }

  function frame(given: Frame): void {
    const known = frames.get(given.data.id);
    const before = known?.data;
    // One that is older than what is known still says that the job is there.
    const frame = known && known.data.version > given.data.version ? known : given;
    const job = frame.data;
    const version = before?.version ?? left.get(job.id) ?? 0;
    if (job.version < version) return;
    const news = job.version > version;
    let held = false;
    const pages = new Set<Page>();
    const touched: Group[] = [];
    for (const group of candidates(job.id)) {
      const within = matches(job, group.selection);
      held ||= within;
      // What leaves a selection is told once more; what is given anew, or was let go of, is told again.
      const again = group.anew || !before;
      if (!(news ? within || (before && matches(before, group.selection)) : within && again)) continue;
      group.anew?.add(job.id);
      for (const page of group.watchers.keys()) pages.add(page);
      touched.push(group);
    }
    if (held) {
      frames.set(job.id, frame);
      left.delete(job.id);
    } else if (before) forget(job.id, job.version);
    for (const page of pages) page.tell({ type: "frames", frames: [frame] });
    if (isTerminal(job.status)) for (const group of touched) strike(group, job.id);
  }

  function forget(id: string, version: number): void {
    frames.delete(id);
    left.set(id, version);
    const [oldest] = left.keys();
    if (left.size > REMEMBERED && oldest !== undefined) left.delete(oldest);
  }

  function gone(id: string): void {
    const before = frames.get(id)?.data;
    const pages = new Set<Page>();
    const shows = ({ left, selection }: Group) => left?.has(id) || (before && matches(before, selection));
    const touched = candidates(id).filter(shows);
    for (const group of touched) for (const page of group.watchers.keys()) pages.add(page);
    forget(id, Infinity);
    for (const page of pages) page.tell({ type: "gone", job: id });
    for (const group of byJob.get(id) ?? []) {
      group.selection = { ...group.selection, job: group.selection.job?.filter((other) => other !== id) ?? [] };
    }
    byJob.delete(id);
    for (const group of touched) strike(group, id);
  }

  function reset(group: Group): void {
    if (group.anew) return;
    group.anew = new Set();
    tell(group, (watch) => ({ type: "reset", watch }));
  }

  function synced(group: Group, brings: (job: Job) => boolean): void {
    if (group.synced && !group.anew) return;
    const { anew } = group;
    group.anew = null;
    group.synced = true;
    for (const frame of anew ? known(group) : []) {
      const { id } = frame.data;
      if (anew?.has(id)) continue;
      // The service does not say again what another subscription brings.
      if (!brings(frame.data)) frames.delete(id);
      else group.watchers.forEach((_, page) => page.tell({ type: "frames", frames: [frame] }));
    }
    tell(group, (watch) => ({ type: "synced", watch }));
    settle(group);
  }

  function ended(group: Group, jobs: readonly string[] | undefined): void {
    for (const id of jobs ?? [...group.left ?? []]) group.left?.delete(id);
    settle(group);
  }

  return { groups, watch, unwatch, drop, frame, gone, reset, synced, ended };
}
