// The service away, in trouble, crashed and back, in the middle of jobs: nothing is lost but what had no room, nothing is
// said twice, and the jobs go on.

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Stage, until } from "./support/stage.ts";

let stage: Stage;

beforeAll(async () => { stage = await Stage.open(); });
beforeEach(() => {
  stage.tap.passage = "pass";
  stage.tap.seen.length = stage.log.length = 0;
});
afterAll(() => stage.close());

/** So many requests more, whatever they met. */
async function tries(most: number): Promise<void> {
  const before = stage.tap.seen.length;
  await until(() => stage.tap.seen.length >= before + most);
}

test("away in mid-job: it works on, and when the service is back all of it is there", async () => {
  const reporter = stage.reporter();
  const job = reporter.job({ kind: "scan", id: "mid-job", phases: ["fetch", "parse"] });
  job.phase("fetch", { total: 2 }).inc(2);
  await stage.until("mid-job", ({ progress }) => progress.current === 2);
  stage.tap.passage = "cut";
  const parse = job.phase("parse", { total: 100 });
  job.notice("warning", "away", "said while nobody heard");
  parse.inc(60);
  await tries(4);
  parse.inc(20);
  stage.tap.passage = "pass";
  await stage.until("mid-job", ({ phase, progress }) => phase === "parse" && progress.current === 80);
  parse.inc(20);
  expect(await job.complete({ ok: true })).toBe(true);
  expect(await stage.state("mid-job")).toMatchObject({
    status: "completed", attempt: 1, notices: { total: 1 },
    phases: [{ name: "fetch", current: 2, status: "completed" }, { name: "parse", current: 100, status: "completed" }],
  });
  expect(stage.log.map((line) => line.replace(/:.*?:.*/, ""))).toHaveLength(2);
  expect(stage.log[0]).toMatch(/the service does not answer, trying on/);
  expect(stage.log[1]).toMatch(/the service answers again/);
});

test("begun, worked on and ended while the service is away", async () => {
  stage.tap.passage = "cut";
  const reporter = stage.reporter();
  await reporter.run({ kind: "scan", id: "all-away", total: 5 }, (job) => job.inc(5));
  await tries(3);
  stage.tap.passage = "pass";
  expect(await stage.ended("all-away")).toMatchObject({ status: "completed", progress: { current: 5, total: 5 } });
});

test("answers that are lost are asked for again, and nothing counts twice", async () => {
  const reporter = stage.reporter();
  stage.tap.passage = "lose";
  const job = reporter.job({ kind: "scan", id: "unheard" });
  await tries(3);
  stage.tap.passage = "pass";
  await stage.until("unheard", ({ status }) => status === "running");
  stage.tap.passage = "lose";
  job.notice("info", "once", "said once");
  job.inc();
  await tries(3);
  void job.complete({ once: true });
  await tries(3);
  stage.tap.passage = "pass";
  const state = await stage.ended("unheard");
  expect(state).toMatchObject({ status: "completed", attempt: 1, result: { once: true }, notices: { total: 1 }, progress: { current: 1 } });
  expect(await job.complete()).toBe(true);
});

test("crashed and restarted on the same data: the job goes on and ends right", async () => {
  const reporter = stage.reporter();
  const job = reporter.job({ kind: "scan", id: "restarted", total: 1000 });
  const timer = setInterval(() => job.inc(), 10);
  await stage.until("restarted", ({ progress }) => progress.current > 10);
  await stage.service.kill();
  await tries(3);
  await stage.service.up();
  const { progress } = await stage.state("restarted");
  await stage.until("restarted", (state) => state.progress.current > progress.current);
  clearInterval(timer);
  job.set(1000);
  expect(await job.complete()).toBe(true);
  expect(await stage.state("restarted")).toMatchObject({ status: "completed", attempt: 1, progress: { current: 1000 } });
});

test("it stays away for as long as it is asked to", async () => {
  stage.tap.passage = { status: 503, retryAfter: 2 };
  const reporter = stage.reporter();
  const job = reporter.job({ kind: "scan", id: "asked-away" });
  await tries(2);
  const [first, second] = stage.tap.seen;
  expect(second!.at - first!.at).toBeGreaterThan(1_990);
  stage.tap.passage = "pass";
  expect(await job.complete()).toBe(true);
});

test("an answer that cannot be the service's is none", async () => {
  stage.tap.passage = { status: 502 };
  const reporter = stage.reporter();
  const job = reporter.job({ kind: "scan", id: "gateway" });
  await tries(2);
  stage.tap.passage = "pass";
  expect(await job.known(30_000)).toBe(true);
  expect(await job.complete()).toBe(true);
});

test("requests that are refused for a while are said once, and cost no count", async () => {
  const reporter = stage.reporter();
  const job = reporter.job({ kind: "scan", id: "forbidden" });
  job.counter("rows").inc();
  await stage.until("forbidden", ({ counters }) => counters["rows"] === 1);
  stage.tap.passage = { status: 403 };
  job.inc(5);
  job.counter("rows").inc();
  job.metadata({ kept: true });
  await tries(3);
  stage.tap.passage = "pass";
  await stage.until("forbidden", ({ progress }) => progress.current === 5);
  expect(await job.complete()).toBe(true);
  expect(await stage.state("forbidden")).toMatchObject({ counters: { rows: 2 }, metadata: { kept: true } });
  expect(stage.log).toHaveLength(1);
});

test("what waits is bounded: of jobs that nobody heard of those that ended first are given up, and it is said", async () => {
  const reporter = stage.reporter({ outbox: 200_000 });
  const heard = reporter.job({ kind: "scan", id: "bounded" });
  await stage.until("bounded", ({ status }) => status === "running");
  stage.tap.passage = "cut";
  const ending = heard.complete({ text: "x".repeat(10_000) });
  const jobs = Array.from({ length: 300 }, (_, index) => reporter.job({ kind: "scan", id: `bounded-${index}` }));
  const given = jobs.map((job) => job.complete({ text: "x".repeat(2_000) }));
  const kept = new Map<number, boolean>();
  given.forEach((delivered, index) => void delivered.then((was) => kept.set(index, was)));
  await until(() => kept.size > 0);
  stage.tap.passage = "pass";
  await Promise.all(given);
  const lost = [...kept].filter(([, was]) => !was).map(([index]) => index);
  expect(lost.length).toBeGreaterThan(200);
  expect(kept.get(299)).toBe(true);
  expect(await ending).toBe(true);
  expect(Math.max(...lost)).toBe(lost.length - 1);
  expect(stage.log.filter((line) => line.includes("too much waits"))).toHaveLength(lost.length);
});

test("phases that go by while the service is away take no more room than it keeps of them", async () => {
  const reporter = stage.reporter();
  const job = reporter.job({ kind: "scan", id: "phases" });
  await stage.until("phases", ({ status }) => status === "running");
  stage.tap.passage = "cut";
  for (let round = 0; round < 1000; round++) job.phase(`p${round % 5}`, { total: 1000 }).set(round);
  await tries(2);
  stage.tap.passage = "pass";
  expect(await job.complete()).toBe(true);
  expect(Math.max(...stage.tap.reports.map(({ items }) => items.length))).toBeLessThan(200);
  const { phases } = await stage.state("phases");
  expect(phases.find(({ name }) => name === "p4")).toMatchObject({ status: "completed", current: 999 });
});

test("close delivers what waits and says so; what it cannot deliver in time, too", async () => {
  const reporter = stage.reporter();
  reporter.job({ kind: "scan", id: "left-open" }).inc();
  expect(await reporter.close(30_000)).toBe(true);
  expect(await stage.state("left-open")).toMatchObject({ status: "failed", error: { code: "worker_dropped" } });
  stage.tap.passage = "cut";
  const away = stage.reporter();
  const ending = away.job({ kind: "scan" }).complete();
  expect(await away.close(200)).toBe(false);
  expect(await ending).toBe(false);
});
