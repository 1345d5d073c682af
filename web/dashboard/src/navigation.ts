// The address as a store: who moves, and who wants to know. Reads and writes are those of `route.ts`.

import { useSyncExternalStore } from "react";
import { readRoute, writeRoute, type Route } from "./route.ts";

const listeners = new Set<() => void>();
let current = readRoute(location.search);

/** What changes when the reader follows a link: the rest stays. */
export type Move = Partial<Route>;

addEventListener("popstate", () => {
  const before = current;
  current = readRoute(location.search);
  // Another project is another page.
  if (current.project !== before.project || current.transport !== before.transport) return location.reload();
  for (const listener of listeners) listener();
});

export function route(): Route {
  return current;
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, route);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The address of a move, for a link. */
export function href(move: Move): string {
  return writeRoute({ ...current, ...move });
}

/** Moves there. `replace` leaves no step for the back button: for what is typed letter by letter. */
export function go(move: Move, replace = false): void {
  const address = href(move);
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(history.state, "", address);
  else history.pushState(null, "", address);
  current = { ...current, ...move };
  for (const listener of listeners) listener();
}
