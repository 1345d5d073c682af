// Which subscriptions serve many selections, within what a transport bears. Knows nothing of connections.

import { keyOf, type Selection } from "./selector.ts";

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

/** Selections that name jobs are put together; where that is not enough, the others become the whole project, and where
 * that is not enough either, everything does. */
export function plan<W extends Wish>(wishes: readonly W[], limits: Limits): Planned<W>[] {
  const others = wishes.filter(({ selection }) => !selection.job);
  const exact = [...named(wishes, limits, true), ...others.map((wish) => served(wish.selection, [wish]))];
  if (exact.length <= limits.lines) return exact;
  const ids = named(wishes, limits, false);
  return others.length && ids.length < limits.lines ? [...ids, served({}, others)] : [served({}, wishes)];
}

function served<W extends Wish>(selection: Selection, serves: readonly W[]): Planned<W> {
  const cursor = serves[0]?.cursor ?? null;
  return { selection, cursor: serves.every((wish) => wish.cursor === cursor) ? cursor : null, serves };
}

// Those that are alike but for the ids go together; apart by cursor where `apart`, since a changed list of ids may only
// go on from a cursor that covered all of them. None is spread over several subscriptions, unless it names more jobs
// than one of them bears.
function named<W extends Wish>(wishes: readonly W[], { jobs }: Limits, apart: boolean): Planned<W>[] {
  const open = new Map<string, { ids: Set<string>; serves: W[] }>();
  const planned: { rest: Selection; ids: Set<string>; serves: W[] }[] = [];
  for (const wish of wishes) {
    const { job, ...rest } = wish.selection;
    if (!job) continue;
    const key = keyOf(rest) + (apart ? wish.cursor : "");
    for (let at = 0; at < job.length; at += jobs) {
      const some = job.slice(at, at + jobs);
      let chunk = open.get(key);
      if (!chunk || new Set([...chunk.ids, ...some]).size > jobs) {
        chunk = { ids: new Set(), serves: [] };
        open.set(key, chunk);
        planned.push({ rest, ...chunk });
      }
      for (const id of some) chunk.ids.add(id);
      chunk.serves.push(wish);
    }
  }
  return planned.map(({ rest, ids, serves }) => served({ ...rest, job: [...ids].sort() }, serves));
}
