// Finds which of several selections it is that the service refuses, when it refused them as one. Asks by halves.

import type { Selection } from "./selector.ts";

/** How the service refuses a selection. */
export interface Verdict {
  readonly code: string;
  readonly detail: string;
}

/** @param ask tells how the service refuses a selection; null = it does not. */
export async function sift<G extends { readonly selection: Selection }>(
  groups: readonly G[],
  ask: (selection: Selection) => Promise<Verdict | null>,
): Promise<Map<G, Verdict>> {
  const [first] = groups;
  if (!first) return new Map();
  const job = [...new Set(groups.flatMap((group) => group.selection.job ?? []))];
  const verdict = await ask({ ...first.selection, job });
  if (!verdict) return new Map();
  if (groups.length === 1) return new Map([[first, verdict]]);
  const half = groups.length >> 1;
  const found = await sift(groups.slice(0, half), ask);
  return new Map([...found, ...await sift(groups.slice(half), ask)]);
}
