// Items counted as they are done: one when the next is asked for, so what failed or was left does not count. Both
// kinds throw the reason of the signal, so that nobody takes half of the items for all.

/** What is told of each item: that another is done, and how many there are where that is known. */
export interface Tally {
  done(): void;
  readonly signal: AbortSignal;
}

/** How many items there are, where that can be known without going through them. */
export function sizeOf(items: object | string): number | undefined {
  if (typeof items === "string") return undefined; // counts code points, not its length
  if ("length" in items && typeof items.length === "number") return items.length;
  return "size" in items && typeof items.size === "number" ? items.size : undefined;
}

interface Flag { aborted: boolean }

/** One for each signal, whose own `aborted` costs as much as all the rest of an item. */
const flags = new WeakMap<AbortSignal, Flag>();

function flagOf(signal: AbortSignal): Flag {
  const known = flags.get(signal);
  if (known) return known;
  const flag = { aborted: signal.aborted };
  signal.addEventListener("abort", () => { flag.aborted = true; }, { once: true });
  flags.set(signal, flag);
  return flag;
}

export function trackSync<T>(items: Iterable<T>, { done, signal }: Tally): IterableIterator<T> {
  const inner = items[Symbol.iterator]();
  const flag = flagOf(signal);
  let pending = false;
  return {
    next(): IteratorResult<T> {
      if (pending) done();
      pending = false;
      if (flag.aborted) {
        inner.return?.();
        throw signal.reason;
      }
      const result = inner.next();
      pending = !result.done;
      return result;
    },
    return(value?: unknown): IteratorResult<T> {
      pending = false;
      inner.return?.(value);
      return { done: true, value: undefined };
    },
    [Symbol.iterator]() {
      return this;
    },
  };
}

export async function* trackAsync<T>(items: AsyncIterable<T>, { done, signal }: Tally): AsyncGenerator<T, void, undefined> {
  const inner = items[Symbol.asyncIterator]();
  let ended = false;
  let interrupt = (_reason: unknown): void => {};
  const stop = (): void => interrupt(signal.reason);
  signal.addEventListener("abort", stop);
  try {
    for (;;) {
      signal.throwIfAborted();
      // Not Promise.race, which would leave something on the signal's promise for every item.
      const result = await new Promise<IteratorResult<T>>((resolve, reject) => {
        interrupt = reject;
        inner.next().then(resolve, reject);
      });
      ended = result.done === true;
      if (result.done) return;
      yield result.value;
      done();
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // Not waited for: a source that hangs would hold what is to stop.
    if (!ended) void Promise.resolve(inner.return?.()).catch(() => {});
  }
}
