// Many at once: one request for all jobs, so many a second, notices at the pace that the service takes, signs of life.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Reporter } from "../src/index.ts";
import { Stage, until } from "./support/stage.ts";

let stage: Stage;
let reporter: Reporter;

beforeAll(async () => { stage = await Stage.open(); });
beforeEach(() => {
  reporter = stage.reporter();
  stage.log.length = stage.tap.seen.length = 0;
});
afterEach(() => reporter.close(10_000));
afterAll(() => stage.close());

test("a hundred jobs at work are one request, at most four times a second", async () => {
  const jobs = Array.from({ length: 100 }, (_, index) => reporter.job({ kind: "scan", id: `many-${index}` }));
  await Promise.all(jobs.map(({ id }) => stage.until(id, ({ status }) => status === "running")));
  const timer = setInterval(() => jobs.forEach((job) => job.inc()), 10);
  await until(() => stage.tap.reports.at(-1)?.items.length === 100);
  stage.tap.seen.length = 0;
  await until(() => stage.tap.seen.length >= 9);
  clearInterval(timer);
  const seen = stage.tap.seen.slice(0, 9);
  expect(seen.map(({ items }) => new Set(items.map(({ job }) => job)).size)).toEqual(Array(9).fill(100));
  expect(seen[8]!.at - seen[0]!.at).toBeGreaterThan(8 * 250 - 200);
  jobs.forEach((job) => void job.complete());
  await Promise.all(jobs.map(({ id }) => stage.ended(id)));
  expect(stage.log).toEqual([]);
});

test("eleven hundred jobs, more than one request carries, all get through", async () => {
  const jobs = Array.from({ length: 1_100 }, (_, index) => reporter.job({ kind: "scan", id: `more-${index}`, total: 1 }));
  const done = await Promise.all(jobs.map((job) => (job.inc(), job.complete())));
  expect(done.every(Boolean)).toBe(true);
  expect(Math.max(...stage.tap.reports.map(({ items }) => items.length))).toBeLessThanOrEqual(1_000);
  expect(stage.log).toEqual([]);
});

test("notices go at the pace that the service takes, the ending behind them; too many are summed up", async () => {
  const job = reporter.job({ kind: "scan", id: "noisy" });
  for (let row = 0; row < 700; row++) job.notice("warning", row % 2 ? "odd" : "even", `row ${row}`);
  expect(await job.complete()).toBe(true);
  const answered = stage.tap.reports.flatMap(({ items }) => items).filter(({ type }) => type === "notice");
  expect(answered).toHaveLength(502); // none was refused and said again
  const notices = (await stage.history("noisy")).filter(({ type }) => type === "scan:notice").map(({ data }) => data);
  expect(notices).toHaveLength(502);
  expect(notices.slice(0, 500).map(({ message }) => message)).toEqual(Array.from({ length: 500 }, (_, row) => `row ${row}`));
  expect(notices.slice(500)).toMatchObject([
    { code: "even", message: "100 more of these were not listed", data: { unlisted: 100 } },
    { code: "odd", data: { unlisted: 100 } },
  ]);
  expect(stage.log).toEqual([]);
});

test("a job that says nothing gives a sign of life before its lease is over", async () => {
  const job = reporter.job({ kind: "scan", id: "quiet", leaseSeconds: 5 });
  const beats = (): number => stage.tap.reports.flatMap(({ items }) => items).filter(({ type }) => type === "heartbeat").length;
  await until(() => beats() >= 4); // longer than the lease
  expect((await stage.history("quiet")).map(({ type }) => type)).not.toContain("scan:stalled");
  void job.complete();
});

test("coarse reporting waits for so many, and says the last of them", async () => {
  const job = reporter.job({ kind: "scan", id: "coarse", every: 100, total: 250 });
  await stage.until("coarse", ({ status }) => status === "running");
  for (let current = 1; current <= 250; current++) {
    job.set(current);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await stage.until("coarse", ({ progress }) => progress.current === 250);
  const said = stage.tap.reports.flatMap(({ items }) => items).map(({ current }) => current).filter((current) => current !== undefined);
  expect(said.length).toBeLessThanOrEqual(3);
  void job.complete();
});
