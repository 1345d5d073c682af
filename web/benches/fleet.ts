// Fifty workers and what they say: each job ticks once a second and ends at a moment of its own, in one of three ways.
// A lifecycle report is repeated until it is answered; a tick is not. The comparison is told the same, once.

import { setTimeout as pause } from "node:timers/promises";
import type { Report, Worker } from "../tests/support/worker.ts";
import { TOTAL } from "./marks.ts";

export type Ending = "completed" | "failed" | "cancelled";

export interface Ended {
  readonly job: string;
  readonly word: Ending;
  readonly at: number;
}

const ENDINGS: readonly Ending[] = ["completed", "completed", "completed", "failed", "cancelled"];

/** Runs the jobs, the last of which ends after so many milliseconds. Resolves with how each ended. */
export function run(ids: readonly string[], length: number, worker: Worker,
  tell: (job: string, event: string, text: string) => void): Promise<Ended[]> {
  return Promise.all(ids.map(async (id, at) => {
    const word = ENDINGS[at % ENDINGS.length] as Ending;
    // The ends are spread evenly over all but the first tenth.
    const endAt = Date.now() + length * (0.1 + 0.9 * ((at + 1) / ids.length));
    await insist(() => worker.report(id, { type: "started", worker: `worker-of-${id}` }));
    let step = 1;
    for (; Date.now() < endAt; step++) {
      await worker.report(id, { type: "progress", current: step, total: TOTAL }).catch(() => undefined);
      tell(id, "progress", `${id}: ${step} of 1,000,000`);
      await pause(900 + Math.random() * 200);
    }
    await insist(() => worker.report(id, ending(word)));
    tell(id, word, `${id}: ${word.charAt(0).toUpperCase()}${word.slice(1)}, ${step} of 1,000,000`);
    return { job: id, word, at: Date.now() };
  }));
}

/** The report of an ending. */
export function ending(word: Ending): Report {
  return { type: word, ...(word === "failed" && { error: { code: "bench", message: "as asked", retryable: false } }) };
}

async function insist(say: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await say();
      return;
    } catch (error) {
      if (tries === 120) throw error;
      await pause(500);
    }
  }
}
