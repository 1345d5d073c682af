// One spelling for selectors that mean the same, so that a new object with the same content is no new selection.

import type { Selector } from "../job.ts";

/** Equal for equal selections: fields in one order, lists sorted and without repetition, what is undefined left out. */
export function selectorKey(selector: Selector): string {
  const fields = Object.entries(selector).filter(([, value]) => value !== undefined);
  return JSON.stringify(fields.map(([name, value]) => [name, [...new Set([value].flat())].sort()]).sort(byName));
}

/** The selector that a key was made of. */
export function selectorOf(key: string): Selector {
  const fields = JSON.parse(key) as [keyof Selector, string[]][];
  return Object.fromEntries(fields.map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

function byName([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}
