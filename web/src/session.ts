// One link and the subscriptions on it: which groups each of them serves, what of them is complete, and up to which
// cursor. Knows no pages and no jobs; those are the engine's.

import { type Limits, plan, type Planned, type Wish } from "./plan.ts";
import { matches } from "./selector.ts";
import type { Job } from "./job.ts";
import { type Link, SUMMARY, type Message } from "./transport.ts";

/** What is watched by at least one page, however many watch it. */
export interface Group extends Wish {
  cursor: string | null;
  /** Whether it has been given as a whole, over whichever link. */
  synced: boolean;
}

/** Who is told. */
interface Keeper<G extends Group> {
  /** Tells of which job it was; undefined = it was none. */
  frame(frame: unknown): string | undefined;
  /** `whole` = all of it was given, and not only what changed. */
  synced(group: G, whole: boolean): void;
  /** These were asked for with a cursor, which passes over those that were deleted meanwhile. */
  unheard(jobs: readonly string[]): void;
  /** What follows replaces what was given of it. */
  reset(group: G): void;
  /** These of its jobs have ended; null = all. */
  ended(group: G, jobs: readonly string[] | undefined): void;
  /** A subscription is refused, and with it all it serves. */
  refused(groups: readonly G[], code: string, detail: string): void;
  gone(job: string): void;
  summary(data: unknown): void;
}

export interface Session<G extends Group> extends Omit<Link, "add" | "remove"> {
  /** What it serves already stays as it is. */
  serve(groups: readonly G[]): void;
  release(group: G): void;
  message(message: Message): void;
  /** Whether a job is known to be there by a complete subscription that is not one of `group`. */
  brings(job: Job, group: G): boolean;
  /** Writes down how far the groups have been given. */
  collect(): void;
}

interface Open<G extends Group> extends Planned<G> {
  synced: boolean;
  /** Whether all of it was given over this link, and not only what changed. */
  anew: boolean;
  /** The newest that the service told; null = none yet. */
  told: string | null;
  /** Whether it brings more than what it serves now. */
  loose: boolean;
}

export function createSession<G extends Group>(link: Link, limits: Limits, keeper: Keeper<G>): Session<G> {
  const lines = new Map<number, Open<G>>();
  const given = new Set<string>();
  let next = SUMMARY;
  let live = false;

  function collect(): void {
    for (const line of lines.values()) {
      if (line.told === null) continue;
      // What is spread over several subscriptions stands where the last of them does, and that is not known.
      for (const group of line.serves) group.cursor = servedBy(group).length > 1 ? null : line.told;
    }
  }

  function servedBy(group: G): Open<G>[] {
    return [...lines.values()].filter((line) => line.serves.includes(group));
  }

  function open(planned: Planned<G>): void {
    const id = ++next;
    lines.set(id, { ...planned, synced: false, anew: planned.cursor === null, told: null, loose: false });
    link.add({ id, selection: planned.selection, cursor: planned.cursor });
    if (live) renew(planned);
  }

  function close(id: number): void {
    lines.delete(id);
    link.remove(id);
  }

  // A subscription without a cursor gives everything anew, to groups that had something before, too.
  function renew({ cursor, serves }: Planned<G>): void {
    if (cursor === null) reset(serves);
  }

  function reset(groups: readonly G[]): void {
    for (const group of groups) {
      if (!group.synced) continue;
      group.cursor = null; // should it break off before it is complete
      keeper.reset(group);
    }
  }

  function serve(wanted: readonly G[]): void {
    const unserved = wanted.filter((group) => !servedBy(group).length);
    if (!unserved.length) return;
    collect();
    // What one subscription brings is not said again to another: those that bring what nobody keeps are made anew, and
    // with them those that share a group with one.
    const again = new Set([...lines.values()].filter((line) => line.loose));
    for (const line of again) line.serves.flatMap(servedBy).forEach((other) => again.add(other));
    for (const [id, line] of lines) if (again.has(line)) close(id);
    const groups = [...new Set([...[...again].flatMap((line) => line.serves), ...unserved])];
    let planned = plan(groups, limits);
    if (lines.size + planned.length > limits.lines) {
      const all = new Set([...[...lines.values()].flatMap((line) => line.serves), ...groups]);
      planned = plan([...all], limits);
      for (const id of [...lines.keys()]) close(id);
    }
    planned.forEach(open);
  }

  function release(group: G): void {
    for (const [id, line] of lines) {
      const serves = line.serves.filter((other) => other !== group);
      if (!serves.length) close(id);
      else if (serves.length < line.serves.length) lines.set(id, { ...line, serves, loose: true });
    }
  }

  function synced(line: Open<G>): void {
    const whole = line.anew && !line.synced;
    if (line.selection.job && !whole) keeper.unheard(line.selection.job);
    line.synced = true;
    for (const group of line.serves) {
      const all = servedBy(group);
      if (all.every((other) => other.synced)) keeper.synced(group, whole && all.every((other) => other.anew));
    }
  }

  function message(message: Message): void {
    if (!live) {
      live = true;
      for (const line of lines.values()) renew(line);
    }
    const { type, id, cursor } = message;
    const line = lines.get(Number(id));
    if (type === "" || type.includes(":")) {
      const job = keeper.frame(message);
      if (job !== undefined) given.add(job);
      return;
    }
    if (typeof cursor === "string") {
      // A ping of a socket holds for every subscription that is complete.
      if (line) line.told = cursor;
      else if (type === "ping") for (const other of lines.values()) if (other.synced) other.told = cursor;
    }
    if (type === "gone") keeper.gone(String(message["job"]));
    else if (type === "summary") keeper.summary(message["data"]);
    else if (!line) return;
    else if (type === "synced") synced(line);
    else if (type === "reset") {
      [line.anew, line.synced, line.told] = [true, false, null];
      reset(line.serves);
    }
    else if (type === "end") {
      lines.delete(Number(id));
      for (const group of line.serves) keeper.ended(group, line.selection.job);
    } else if (type === "error") {
      lines.delete(Number(id));
      keeper.refused(line.serves, String(message["code"]), String(message["message"]));
    }
  }

  return {
    serve,
    release,
    message,
    collect,
    brings: (job, group) => [...lines.values()].some((line) => line.synced && !line.serves.includes(group)
      && matches(job, line.selection) && (!line.anew || given.has(job.id))),
    summary: link.summary,
    renew: link.renew,
    hide: link.hide,
    check: link.check,
    close: () => {
      collect();
      link.close();
    },
  };
}
