// Fifty workers and what they say: each job ticks once a second and ends at a moment of its own, in one of three ways.
// A lifecycle report is repeated until it is answered; a tick is not. The comparison is told the same, once.

import { setTimeout as pause } from "node:timers/promises";
import type { Report, Worker } from "../tests/support/worker.ts";
import { mark } from "./marks.ts";

export type Ending = "completed" | "failed" | "cancelled";

export interface Ended {
  readonly job: string;
  readonly step: number;
  readonly word: Ending;
  readonly at: number;
}

const ENDINGS: readonly Ending[] = ["completed", "completed", "completed", "failed", "cancelled"];

/** Runs the jobs, the last of which ends after so many milliseconds. Resolves with how each ended. */
export function run(ids: readonly string[], length: number, worker: Worker,
  tell: (job: string, event: string, message: string) => void): Promise<Ended[]> {
  return Promise.all(ids.map(async (id, at) => {
    const word = ENDINGS[at % ENDINGS.length] as Ending;
    // The ends are spread evenly over all but the first tenth.
    const endAt = Date.now() + length * (0.1 + 0.9 * ((at + 1) / ids.length));
    await insist(() => worker.report(id, { type: "started", worker: `worker-of-${id}` }));
    let step = 1;
    for (; Date.now() < endAt; step++) {
      const message = mark(id, step);
      await worker.report(id, { type: "progress", current: step, total: 10_000, message }).catch(() => undefined);
      tell(id, "progress", message);
      await pause(900 + Math.random() * 200);
    }
    const message = mark(id, step, word);
    await insist(() => worker.report(id, ending(word, message)));
    tell(id, word, message);
    return { job: id, step, word, at: Date.now() };
  }));
}

function ending(word: Ending, message: string): Report {
  return word === "failed" ? { type: word, error: { code: "bench", message, retryable: false } } : { type: word, message };
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
