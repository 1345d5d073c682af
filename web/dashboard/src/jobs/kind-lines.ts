// The kinds of a summary in the order of what is at work, with the counters a reader should see first. Pure.

import type { Summary } from "../../../src/job.ts";

export interface KindLine {
  readonly kind: string;
  readonly active: number;
  readonly counters: readonly { readonly name: string; readonly value: number; readonly grave: boolean }[];
}

const MOST_KINDS = 12;
const MOST_COUNTERS = 4;
/** Names that speak of harm: told first, and in red where they are not zero. */
const GRAVE = /critical|severe|vulnerab|fail|error|invalid|broken|malicious/i;

export function kindsOf(summary: Summary): KindLine[] {
  return Object.entries(summary.by_kind)
    .map(([kind, { by_status: by, counters }]) => ({
      kind,
      active: (by.queued ?? 0) + (by.running ?? 0) + (by.cancelling ?? 0),
      counters: countersOf(counters),
    }))
    .sort((a, b) => (a.kind < b.kind ? -1 : 1))
    .slice(0, MOST_KINDS);
}

// What is nought says nothing next to what is not, unless it is the absence of harm.
function countersOf(counters: Summary["by_kind"][string]["counters"]): KindLine["counters"] {
  return Object.entries(counters)
    .map(([name, value]) => ({ name, value, grave: GRAVE.test(name) }))
    .sort((a, b) => weight(b) - weight(a) || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_COUNTERS);
}

function weight({ value, grave }: KindLine["counters"][number]): number {
  return (grave ? 2 : 0) + (value > 0 ? 1 : 0);
}
