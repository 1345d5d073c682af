// The smallest store: one value, and who wants to hear of another.

import type { Store } from "../../src/client.ts";

export interface Cell<T> extends Store<T> {
  set(value: T): void;
}

export function cell<T>(first: T): Cell<T> {
  const listeners = new Set<() => void>();
  let value = first;
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => value,
    set(next) {
      if (Object.is(value, next)) return;
      value = next;
      for (const listener of listeners) listener();
    },
  };
}
