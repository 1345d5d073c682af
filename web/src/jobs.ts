// The jobs as last heard, for every selection that somebody holds. Equal selections are one group with one watch, which
// outlives its last holder for a moment, so that a component that is mounted again finds it. Knows nothing of
// transports, nor of who listens.

import { call } from "./call.ts";
import type { Grace } from "./grace.ts";
import { isTerminal, type Frame, type Job, type Selector } from "./job.ts";
import type { Command, Update } from "./port.ts";
import { Problem } from "./problem.ts";
import { keyOf, matches, normal, type Selection } from "./selector.ts";

/** What a holder of a group hears of it. */
export interface Sink {
  /** A newer state; the last one where it no longer matches. */
  readonly job?: (job: Known) => void;
  readonly gone?: (id: string) => void;
  /** Anything else: synced, over, or refused. */
  readonly turn?: () => void;
}

/** Nothing here looks into `result` or `metadata`: they are what the app says they are. */
export type Known = Job<never, never>;

export interface Group {
  readonly selection: Selection;
  readonly number: number;
  /** What matches now, the newest state of each. */
  readonly members: Map<string, Known>;
  /** Deleted or expired while it was watched. */
  readonly gone: Set<string>;
  readonly sinks: Set<Sink>;
  /** Members that a snapshot under way has not named yet. */
  doubt: Set<string> | null;
  synced: boolean;
  /** Every named job has ended. */
  over: boolean;
  error: Problem | null;
}

export interface Jobs {
  join(selector: Selector, sink: Sink): { readonly group: Group; leave(): void };
  /** The newest state that is held. */
  newest(id: string): Known | null;
  frame(frame: Frame): void;
  take(update: Update): void;
  /** Nothing more will come, for anybody. */
  close(): void;
  closed(): boolean;
}

/** Of how many jobs that were let go of the version is remembered. */
const REMEMBERED = 1000;

const STATUS: { readonly [code: string]: number } = { not_found: 404, forbidden: 403, unauthorized: 401, limited: 429 };

/** `changed` hears of each newer state once, whatever groups it is in; `before` is null where none was held. `find`
 * is asked for a job that a new snapshot of a selection by status does not name, or that must have ended unheard. */
export function createJobs(
  send: (command: Command) => void,
  changed: (frame: Frame, before: Known | null) => void,
  find: (id: string) => void,
  grace: Grace,
): Jobs {
  const groups = new Map<string, Group>();
  const numbered = new Map<number, Group>();
  // A thousand rows may watch a job each: who names a job is found by its id, all others are few.
  const naming = new Map<string, Set<Group>>();
  const wide = new Set<Group>();
  const held = new Map<string, Known>();
  // The versions of those that were let go of: an answer that was long on its way must not bring them back.
  const past = new Map<string, number>();
  let last = 0;
  let closed = false;

  const around = (id: string): Group[] => [...(naming.get(id) ?? []), ...wide];
  const tell = (group: Group, hear: (sink: Sink) => void): void => [...group.sinks].forEach((sink) => call(hear, sink));
  const turn = (group: Group): void => tell(group, (sink) => sink.turn?.());

  function open(selection: Selection, key: string): Group {
    const group: Group = {
      selection, number: ++last, members: new Map(), gone: new Set(), sinks: new Set(),
      doubt: null, synced: false, over: false, error: null,
    };
    groups.set(key, group);
    numbered.set(group.number, group);
    const ids = selection.job ?? [];
    for (const id of ids) naming.set(id, (naming.get(id) ?? new Set()).add(group));
    if (!selection.job) wide.add(group);
    for (const job of held.values()) if (matches(job, selection)) group.members.set(job.id, job);
    // An empty list of ids selects nothing; as a query it would be no condition.
    if (selection.job?.length === 0) group.synced = true;
    else send({ op: "watch", watch: group.number, selector: selection });
    if (closed) group.over = true;
    settle(group);
    return group;
  }

  function drop(group: Group, key: string): void {
    if (group.sinks.size > 0 || !numbered.delete(group.number)) return;
    if (groups.get(key) === group) groups.delete(key);
    wide.delete(group);
    for (const id of (group.selection.job ?? [])) {
      naming.get(id)?.delete(group);
      if (naming.get(id)?.size === 0) naming.delete(id);
    }
    group.members.forEach((_, id) => release(id));
    send({ op: "unwatch", watch: group.number });
  }

  function release(id: string): void {
    const job = held.get(id);
    if (job && !around(id).some((group) => group.members.has(id))) forget(id, job.version);
  }

  function forget(id: string, version: number): void {
    held.delete(id);
    past.set(id, version);
    const [oldest] = past.keys();
    if (past.size > REMEMBERED && oldest !== undefined) past.delete(oldest);
  }

  function frame(frame: Frame): void {
    const { id } = frame.data;
    const before = held.get(id) ?? null;
    if (!before && frame.data.version < (past.get(id) ?? 0)) return;
    const newer = before === null || frame.data.version > before.version;
    const job = newer ? (frame.data as Known) : before;
    const near = around(id);
    if (!near.some((group) => group.members.has(id) || matches(job, group.selection))) return;
    held.set(id, job);
    for (const group of near) {
      group.doubt?.delete(id);
      const known = group.members.get(id);
      const fits = matches(job, group.selection);
      if (known === job || !(known || fits)) continue;
      if (fits) group.members.set(id, job);
      else group.members.delete(id);
      group.gone.delete(id);
      tell(group, (sink) => sink.job?.(job));
      if (isTerminal(job.status)) settle(group);
    }
    if (newer) changed(frame, before);
    release(id);
  }

  function lose(group: Group, id: string): void {
    if (!group.members.delete(id) && !(group.selection.job ?? []).includes(id)) return;
    group.gone.add(id);
    tell(group, (sink) => sink.gone?.(id));
    settle(group);
  }

  // Every named job has ended: nothing more can come.
  function settle(group: Group): void {
    if (group.selection.job?.length && unended(group).length === 0) finish(group);
  }

  function unended(group: Group): string[] {
    return (group.selection.job ?? []).filter((id) => {
      const job = held.get(id);
      return !group.gone.has(id) && !(job && isTerminal(job.status));
    });
  }

  function finish(group: Group): void {
    if (group.over) return;
    group.over = true;
    turn(group);
  }

  function take(update: Update): void {
    if (update.type === "frames") return update.frames.forEach(frame);
    if (update.type === "gone") {
      forget(update.job, Infinity);
      return around(update.job).forEach((group) => lose(group, update.job));
    }
    const group = "watch" in update ? numbered.get(update.watch) : undefined;
    if (!group || !("watch" in update)) return;
    if (update.type === "finished") {
      // What ended and went while nothing was heard is not told: it is asked for.
      const ids = unended(group);
      return ids.length > 0 ? ids.forEach(find) : finish(group);
    }
    if (update.type === "reset") {
      group.doubt = new Set(group.members.keys());
      return;
    }
    if (update.type === "synced") {
      group.doubt?.forEach((id) => (group.selection.status === undefined ? lose(group, id) : find(id)));
      group.doubt = group.error = null;
      group.synced = true;
    } else {
      group.error = new Problem(STATUS[update.code] ?? 0, update.code, update.detail);
      // Whoever asks later asks anew.
      groups.forEach((each, key) => each === group && groups.delete(key));
    }
    turn(group);
  }

  return {
    join(selector, sink) {
      const selection = normal(selector);
      const key = keyOf(selection);
      const group = groups.get(key) ?? open(selection, key);
      group.sinks.add(sink);
      return {
        group,
        leave() {
          if (group.sinks.delete(sink) && group.sinks.size === 0) grace(() => drop(group, key));
        },
      };
    },
    newest: (id) => held.get(id) ?? null,
    frame,
    take,
    close() {
      closed = true;
      numbered.forEach(finish);
    },
    closed: () => closed,
  };
}
