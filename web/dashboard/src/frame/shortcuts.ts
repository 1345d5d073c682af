// The keys of the page: one table of what does what, for the listener and for the help. A key typed into a field is
// never a shortcut, and neither is one pressed with a modifier.

import { useEffect } from "react";

export interface Shortcut {
  /** The key, or two in a row ("g j"). */
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
}

const CHORD = 1_000;

/** Listens to the keys while the component is there; later mounted ones win. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    stack.push(shortcuts);
    return () => void stack.splice(stack.indexOf(shortcuts), 1);
  }, [shortcuts]);
}

/** What can be pressed now. */
export function knownShortcuts(): readonly Shortcut[] {
  const all = new Map<string, Shortcut>();
  for (const shortcut of stack.flat()) all.set(shortcut.keys, shortcut);
  return [...all.values()];
}

const stack: (readonly Shortcut[])[] = [];
let first: { readonly key: string; readonly at: number } | null = null;

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key !== "Escape" && isField(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const chord = first !== null && event.timeStamp - first.at < CHORD ? `${first.key} ${event.key}` : null;
  first = null;
  const known = knownShortcuts();
  const hit = known.find(({ keys }) => keys === chord) ?? known.find(({ keys }) => keys === event.key);
  if (hit) {
    event.preventDefault();
    hit.run();
  } else if (known.some(({ keys }) => keys.startsWith(`${event.key} `))) {
    first = { key: event.key, at: event.timeStamp };
  }
});

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}
