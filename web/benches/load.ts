// The workers of many jobs in a process of its own, so that its work is not the page's: two reports a second for each,
// in requests of up to a thousand, until it is told to end them. Speaks with who started it by messages.

import { setPriority } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { Worker, type Report } from "../tests/support/worker.ts";
import { ending, type Ending } from "./fleet.ts";
import { TOTAL } from "./marks.ts";

export interface Orders {
  readonly origin: string;
  readonly ids: readonly string[];
}

/** What it says when it has ended them. */
export interface Done {
  /** Reports a second, of each job. */
  readonly pace: number;
  /** The longest request, in milliseconds. */
  readonly longest: number;
}

/** How the jobs end, one after the other. */
export const ENDINGS: readonly Ending[] = ["completed", "failed", "cancelled"];

const PACE = 500;
const BATCH = 1_000;

let over = false;

process.on("message", (said: Orders | "end") => {
  if (said === "end") over = true;
  else void work(said);
});
setPriority(10);
process.send?.("ready");

async function work({ origin, ids }: Orders): Promise<void> {
  const worker = new Worker(origin);
  const say = async (report: (job: string, at: number) => Report): Promise<void> => {
    const reports = ids.map((job, at) => ({ job, ...report(job, at) }));
    for (let from = 0; from < reports.length; from += BATCH) await worker.batch(reports.slice(from, from + BATCH));
  };
  const behind: number[] = [];
  const start = Date.now();
  let step = 1;
  for (; !over; step++) {
    const began = Date.now();
    await say(() => ({ type: "progress", current: step, total: TOTAL }));
    const took = Date.now() - began;
    behind.push(took);
    await pause(Math.max(0, PACE - took));
  }
  await say((_, at) => ending(ENDINGS[at % ENDINGS.length] ?? "completed"));
  process.send?.({ pace: step / ((Date.now() - start) / 1000), longest: Math.max(...behind) } satisfies Done);
  process.disconnect();
}
