// Two workers on one job: one holds it, and the other's reports count for nothing.

import { afterAll, beforeAll, expect, test } from "vitest";
import { Stage } from "./support/stage.ts";

let stage: Stage;

beforeAll(async () => { stage = await Stage.open(); });
afterAll(() => stage.close());

test("a worker that was cut off past its lease learns that another has the job, and stops", async () => {
  const reporter = stage.reporter();
  const running = reporter.run({ kind: "scan", id: "fenced", leaseSeconds: 5 }, async (job) => {
    job.inc(7);
    await new Promise((resolve) => job.signal.addEventListener("abort", resolve));
    job.inc(1_000);
    job.throwIfCancelled();
  });
  await stage.until("fenced", ({ progress }) => progress.current === 7);
  stage.tap.passage = "cut";
  await stage.until("fenced", ({ stalled_at }) => stalled_at !== null);
  await stage.other.report("fenced", { type: "started", worker: "second" }, { type: "progress", current: 2 });
  stage.tap.passage = "pass";
  await expect(running).rejects.toMatchObject({ name: "AbortError", code: "fenced" });
  await stage.other.report("fenced", { type: "completed", result: { by: "second" } });
  expect(await stage.ended("fenced")).toMatchObject({ status: "completed", attempt: 2, progress: { current: 2 }, result: { by: "second" } });
});

test("a job that another holds is claimed when that one lets go, with all that was done meanwhile", async () => {
  await stage.other.start("held", { total: 9 });
  const reporter = stage.reporter();
  const job = reporter.job({ kind: "scan", id: "held", create: false });
  job.inc(9);
  const claims = (): number => stage.tap.reports.flatMap(({ items }) => items).filter((item) => item["job"] === "held").length;
  await stage.until("held", () => claims() >= 2);
  await stage.other.report("held", { type: "retrying", error: { code: "tired", message: "enough" } });
  expect(await job.complete()).toBe(true);
  expect(await stage.state("held")).toMatchObject({ status: "completed", attempt: 2, progress: { current: 9, total: 9 } });
});

test("a job that was cancelled before it could be claimed stops; one that ended otherwise is none of our business", async () => {
  await stage.other.create("unwanted", { kind: "scan" });
  await stage.other.cancel("unwanted");
  await stage.other.start("over");
  await stage.other.report("over", { type: "completed" });
  const reporter = stage.reporter();
  const unwanted = reporter.job({ kind: "scan", id: "unwanted", create: false });
  const over = reporter.job({ kind: "scan", id: "over", create: false });
  expect(await Promise.all([unwanted.complete(), over.complete()])).toEqual([false, false]);
  expect(unwanted.signal.reason).toMatchObject({ name: "AbortError", code: "cancelled" });
  expect(over.signal.aborted).toBe(false);
});

test("names of workers before, with which ours would be too many, cost no count", async () => {
  await stage.other.start("crowded", { metadata: { first: "x".repeat(3_000) } });
  const counters = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`c${index}`, index]));
  const error = { code: "tired", message: "enough" };
  await stage.other.report("crowded", { type: "progress", counters }, { type: "retrying", error });
  const job = stage.reporter().job({ kind: "scan", id: "crowded", create: false });
  ["d1", "d2", "d3", "d4"].forEach((name) => job.counter(name).inc());
  job.metadata({ second: "y".repeat(3_000) });
  job.inc(3);
  await stage.until("crowded", ({ progress }) => progress.current === 3);
  job.inc(4);
  expect(await job.complete()).toBe(true);
  expect(await stage.state("crowded")).toMatchObject({ status: "completed", progress: { current: 7 }, counters: { c29: 29 } });
  // Twice: with the metadata, and without it. Said once.
  expect(stage.log.filter((line) => /a report was refused: progress/.test(line))).toHaveLength(1);
});
