// Which subscriptions serve many selections, within what a transport bears. Knows nothing of connections.

import { covers, keyOf, type Selection } from "./selector.ts";

/** What is to be served: a selection, and the cursor up to which it has been given (null = nothing yet). */
export interface Wish {
  readonly selection: Selection;
  readonly cursor: string | null;
}

/** One subscription. Its cursor holds for all that it serves, or is null: then everything is given anew. */
export interface Planned<W extends Wish> {
  readonly selection: Selection;
  readonly cursor: string | null;
  readonly serves: readonly W[];
}

export interface Limits {
  /** How many subscriptions at most. */
  readonly lines: number;
  /** How many ids one of them names at most. */
  readonly jobs: number;
}

export function plan<W extends Wish>(wishes: readonly W[], limits: Limits): Planned<W>[] {
  const exact = [...named(wishes, limits, true), ...unnamed(wishes)];
  if (exact.length <= limits.lines) return exact;
  // Too many: ids are put together whatever their cursors, and what is within something wider comes with that.
  const ids = named(wishes, limits, false);
  const wide = widest(wishes);
  if (ids.length + wide.length <= limits.lines) return [...ids, ...wide];
  const others = wishes.filter((wish) => !wish.selection.job);
  if (others.length && ids.length < limits.lines) return [...ids, served({}, others)];
  return [served({}, wishes)];
}

function served<W extends Wish>(selection: Selection, serves: readonly W[]): Planned<W> {
  const cursor = serves[0]?.cursor ?? null;
  return { selection, cursor: serves.every((wish) => wish.cursor === cursor) ? cursor : null, serves };
}

function unnamed<W extends Wish>(wishes: readonly W[]): Planned<W>[] {
  return wishes.filter((wish) => !wish.selection.job).map((wish) => served(wish.selection, [wish]));
}

function widest<W extends Wish>(wishes: readonly W[]): Planned<W>[] {
  const tops = new Map<W, W[]>();
  for (const wish of wishes.filter(({ selection }) => !selection.job)) {
    const over = [...tops.keys()].find((top) => covers(top.selection, wish.selection));
    if (over) {
      tops.get(over)?.push(wish);
      continue;
    }
    const under = [...tops].filter(([top]) => covers(wish.selection, top.selection));
    for (const [top] of under) tops.delete(top);
    tops.set(wish, [wish, ...under.flatMap(([, list]) => list)]);
  }
  return [...tops].map(([top, list]) => served(top.selection, list));
}

// Selections that name jobs and are alike otherwise are put together; apart by cursor where `apart`, since a changed
// list of ids may only go on from a cursor that covered all of them.
function named<W extends Wish>(wishes: readonly W[], limits: Limits, apart: boolean): Planned<W>[] {
  const buckets = new Map<string, W[]>();
  for (const wish of wishes) {
    const { job, ...rest } = wish.selection;
    if (!job) continue;
    const key = keyOf(rest) + (apart ? wish.cursor : "");
    buckets.set(key, [...buckets.get(key) ?? [], wish]);
  }
  return [...buckets.values()].flatMap((bucket) => chunks(bucket, limits.jobs));
}

// A selection is not spread over several subscriptions, unless it names more jobs than one of them bears.
function chunks<W extends Wish>(bucket: readonly W[], size: number): Planned<W>[] {
  const planned: Planned<W>[] = [];
  const close = (job: Iterable<string>, serves: readonly W[]) => {
    if (serves.length) planned.push(served({ ...bucket[0]?.selection, job: [...job].sort() }, serves));
  };
  let ids = new Set<string>();
  let serves: W[] = [];
  for (const wish of bucket) {
    const job = wish.selection.job ?? [];
    if (job.length > size) {
      for (let at = 0; at < job.length; at += size) close(job.slice(at, at + size), [wish]);
      continue;
    }
    const union = new Set([...ids, ...job]);
    if (union.size > size) {
      close(ids, serves);
      [ids, serves] = [new Set(job), [wish]];
    } else {
      ids = union;
      serves.push(wish);
    }
  }
  close(ids, serves);
  return planned;
}
