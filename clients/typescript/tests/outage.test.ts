// The long one: fifty busy jobs, the service away for 30 s in the middle, back, then crashed and restarted. Nothing is
// lost, the jobs end right, and what waits takes no room to speak of.

import { afterAll, beforeAll, expect, test } from "vitest";
import { Stage, until } from "./support/stage.ts";

const AWAY = 30_000;
/** Bytes that the heap of this process may grow by meanwhile. */
const ROOM = 64e6;

let stage: Stage;

beforeAll(async () => { stage = await Stage.open(); });
afterAll(() => stage.close());

test("away for 30 s in mid-job, back, then restarted", async () => {
  const reporter = stage.reporter({ url: stage.service.origin });
  const jobs = Array.from({ length: 50 }, (_, index) =>
    reporter.job({ kind: "scan", id: `busy-${index}`, phases: ["fetch", "parse"], leaseSeconds: 120 }));
  await Promise.all(jobs.map(({ id }) => stage.until(id, ({ status }) => status === "running")));
  let rounds = 0;
  let said = 0;
  const timer = setInterval(() => {
    rounds++;
    for (const job of jobs) {
      job.inc();
      job.counter("rounds").set(rounds);
    }
    if (rounds % 20 === 0) jobs.forEach((job) => job.notice("info", "round", `round ${rounds}`, { number: ++said / jobs.length }));
  }, 5);
  const caughtUp = (): Promise<unknown> => {
    const from = rounds;
    return stage.until("busy-0", ({ counters }) => (counters["rounds"] ?? 0) > from);
  };
  await caughtUp();

  const before = process.memoryUsage().heapUsed;
  await stage.service.stop();
  const since = performance.now();
  jobs.forEach((job) => job.phase("parse"));
  let most = before;
  await until(() => {
    most = Math.max(most, process.memoryUsage().heapUsed);
    return performance.now() - since > AWAY;
  });
  expect(most - before).toBeLessThan(ROOM);
  await stage.service.up();
  await caughtUp();
  await stage.service.kill();
  await stage.service.up();
  await caughtUp();

  clearInterval(timer);
  expect((await Promise.all(jobs.map((job) => job.complete({ rounds })))).every(Boolean)).toBe(true);
  for (const { id } of jobs) {
    expect(await stage.state(id)).toMatchObject({
      status: "completed", attempt: 1, counters: { rounds }, result: { rounds }, phase: "parse",
      notices: { total: said / jobs.length },
    });
  }
  expect(stage.log.at(-1)).toMatch(/the service answers again/);
});
