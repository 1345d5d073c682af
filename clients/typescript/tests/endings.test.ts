// How a job ends, as the real service sees it: each way that a program can end its work, and exactly one ending.

import { afterAll, beforeAll, expect, test } from "vitest";
import { Cancelled, Failure, type Reporter } from "../src/index.ts";
import { Stage } from "./support/stage.ts";

let stage: Stage;
let reporter: Reporter;

beforeAll(async () => {
  stage = await Stage.open();
  reporter = stage.reporter();
});

afterAll(async () => {
  await reporter.close(5_000);
  await stage.close();
});

test("a normal end completes the job with what was returned", async () => {
  let id = "";
  const result = await reporter.run({
    kind: "csv:import", title: "Scores", subject: "feed-1", owner: "u-17", metadata: { commit: "abc" },
    phases: ["fetch", { name: "parse", weight: 8, unit: "rows" }],
  }, async (job) => {
    id = job.id;
    job.phase("fetch", { total: 1, unit: "archive" }).inc();
    using parse = job.phase("parse");
    for (const row of parse.track([1, 2, 3, 4])) job.counter("added").inc(row);
    job.message("Parsing");
    job.metadata({ rows: 4 });
    job.notice("warning", "bad_row", "line 2: unknown field", { line: 2 });
    return { rows: 4 };
  });
  expect(result).toEqual({ rows: 4 });
  const state = await stage.ended(id);
  expect(state).toMatchObject({
    status: "completed", kind: "csv:import", title: "Scores", subject: "feed-1", owner: "u-17", attempt: 1,
    result: { rows: 4 }, message: "Parsing", counters: { added: 10 }, metadata: { commit: "abc", rows: 4 },
    progress: { current: 4, total: 4, unit: "rows", percent: 100 },
    phases: [
      { name: "fetch", status: "completed", current: 1, total: 1, unit: "archive" },
      { name: "parse", status: "completed", weight: 8, current: 4, total: 4, unit: "rows" },
    ],
    notices: { total: 1, recent: [{ level: "warning", code: "bad_row", data: { line: 2 } }] },
    error: null, stalled_at: null,
  });
  expect((await stage.history(id)).map(({ type }) => type.split(":").pop()))
    .toEqual(expect.arrayContaining(["created", "started", "phase", "notice", "completed"]));
  expect(stage.log).toEqual([]);
});

test("what is thrown fails the job by its name, and is thrown on", async () => {
  const broken = new TypeError("row 7 has no date");
  const running = reporter.run({ kind: "scan", id: "thrown" }, () => { throw broken; });
  await expect(running).rejects.toBe(broken);
  const { status, error } = await stage.ended("thrown");
  expect(status).toBe("failed");
  expect(error).toMatchObject({ code: "type_error", message: "row 7 has no date", retryable: false });
  expect(error?.details?.["stack"]).toMatch(/^at .*endings\.test\.ts/);
});

test("a Failure says exactly what failed", async () => {
  const cause = new Error("connection refused");
  const failure = new Failure("database_away", "no rows were written", { retryable: true, retryAfter: 30, details: { tried: 3 }, cause });
  await expect(reporter.run({ kind: "scan", id: "exact" }, () => Promise.reject(failure))).rejects.toBe(failure);
  const { error } = await stage.ended("exact");
  expect(error).toMatchObject({ code: "database_away", retryable: true, retry_after_seconds: 30, details: { tried: 3 } });
});

test("a person's wish to cancel reaches a loop that waits, and the job ends as cancelled", async () => {
  const source = async function* (): AsyncGenerator<number> {
    yield 1;
    await new Promise(() => {}); // hangs for ever
  };
  const running = reporter.run({ kind: "scan", id: "asked", leaseSeconds: 5 }, async (job) => {
    for await (const _ of job.track(source()));
  });
  await stage.until("asked", ({ status, progress }) => status === "running" && progress.current === 0);
  await stage.other.cancel("asked");
  await expect(running).rejects.toMatchObject({ name: "AbortError", code: "cancelled" });
  expect(await stage.ended("asked")).toMatchObject({ status: "cancelled", cancel: { reason: "test" }, error: null });
});

test("a cancelled job may finish all the same, or fail while it gives up", async () => {
  const asked = async (id: string, then: () => object): Promise<void> => {
    const running = reporter.run({ kind: "scan", id, leaseSeconds: 5 }, async (job) => {
      await new Promise((resolve) => job.signal.addEventListener("abort", resolve));
      return then();
    });
    await stage.until(id, ({ status }) => status === "running");
    await stage.other.cancel(id);
    await running.catch(() => {});
  };
  await Promise.all([
    asked("finished-anyway", () => ({ rows: 1 })),
    asked("broken-rollback", () => { throw new RangeError("rollback failed"); }),
  ]);
  expect(await stage.ended("finished-anyway")).toMatchObject({ status: "completed", result: { rows: 1 } });
  expect(await stage.ended("broken-rollback")).toMatchObject({ status: "failed", error: { code: "range_error" } });
});

test("the program's own wish cancels the job, too", async () => {
  const own = new AbortController();
  const running = reporter.run({ kind: "scan", id: "own-wish", signal: own.signal }, async (job) => {
    own.abort();
    job.throwIfCancelled();
  });
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
  expect((await stage.ended("own-wish")).status).toBe("cancelled");
});

test("a job let go by `await using` says that it was dropped; one that ended, how", async () => {
  {
    await using dropped = reporter.job({ kind: "scan", id: "let-go" });
    await using done = reporter.job({ kind: "scan", id: "done" });
    dropped.inc();
    void done.complete({ ok: true });
  }
  expect(await stage.ended("let-go")).toMatchObject({ status: "failed", error: { code: "worker_dropped", retryable: true } });
  expect(await stage.ended("done")).toMatchObject({ status: "completed", result: { ok: true } });
});

test("only the first ending counts", async () => {
  const job = reporter.job({ kind: "scan", id: "twice" });
  const [first, second] = await Promise.all([job.complete({ first: true }), job.fail(new Error("too late"))]);
  expect([first, second]).toEqual([true, true]);
  expect(await stage.ended("twice")).toMatchObject({ status: "completed", result: { first: true }, error: null });
});

test("after `retrying` a new attempt begins at nothing", async () => {
  const job = reporter.job({ kind: "scan", id: "again", total: 10 });
  job.inc(7);
  job.retrying(new Failure("database_away", "no answer", { retryable: true }));
  expect(await stage.until("again", ({ error }) => error !== null))
    .toMatchObject({ status: "queued", attempt: 1, progress: { current: 7, total: 10 }, error: { code: "database_away" } });
  job.again();
  job.inc(3);
  expect(await stage.until("again", ({ attempt, progress }) => attempt === 2 && progress.current === 3)).toMatchObject({ status: "running", error: null });
  await job.complete();
  expect(await stage.state("again")).toMatchObject({ status: "completed", attempt: 2 });
});

test("children are created after their parent, which ends after they are known", async () => {
  const parent = reporter.job({ kind: "scan", id: "whole" });
  const child = parent.child({ kind: "scan:part", id: "part" });
  const [, done] = await Promise.all([child.complete(), parent.complete()]);
  expect(done).toBe(true);
  expect(await stage.state("part")).toMatchObject({ parent: "whole", status: "completed" });
  expect(await stage.state("whole")).toMatchObject({ status: "completed", children: { total: 1 } });
});

test("a child that is refused does not hold its parent", async () => {
  const parent = reporter.job({ kind: "scan", id: "of-refused" });
  expect(await parent.child({ kind: "Not A Kind" }).complete()).toBe(false);
  expect(await parent.complete()).toBe(true);
  expect(await stage.state("of-refused")).toMatchObject({ status: "completed", children: null });
  expect(stage.log.pop()).toMatch(/its creation was refused: invalid/);
});

test("a job that somebody else created is claimed", async () => {
  await stage.other.create("queued-before", { kind: "scan", total: 3 });
  await reporter.run({ kind: "scan", id: "queued-before", create: false }, (job) => job.inc(3));
  expect(await stage.ended("queued-before")).toMatchObject({ status: "completed", progress: { current: 3, total: 3 } });
});

test("no text, object or number of the program costs the ending", async () => {
  const circle: { self?: object } = {};
  circle.self = circle;
  const deep = JSON.parse(`${'{"a":'.repeat(60)}1${"}".repeat(60)}`) as object;
  const job = reporter.job({ kind: "scan", id: "odd", title: "x".repeat(500), metadata: { note: "\0\ud800" } });
  job.phase("p".repeat(200), { total: Number.NaN });
  job.inc(-5);
  job.counter("infinite").set(Infinity);
  for (let index = 0; index < 40; index++) job.counter(`c${index}`).inc();
  job.message("\u001b[31m".repeat(1000));
  job.metadata({ big: "x".repeat(5000) });
  job.metadata(deep);
  job.notice("info", "", "y".repeat(2000), { z: "z".repeat(4000), big: 1n });
  void job.complete({ circle });
  const other = reporter.job({ kind: "scan", id: "deep" });
  void other.complete(deep);
  expect(await stage.ended("odd")).toMatchObject({ status: "completed", result: { left_out: expect.stringMatching(/circular/) } });
  expect(await stage.ended("deep")).toMatchObject({ status: "completed" });
  expect(Object.keys((await stage.state("odd")).counters)).toHaveLength(31);
});

test("metadata is bounded together with that of the creation", async () => {
  const job = reporter.job({ kind: "scan", id: "labelled", metadata: { first: "x".repeat(3_000) } });
  job.metadata({ second: "y".repeat(2_000) });
  job.metadata({ third: "fits" });
  expect(await job.complete()).toBe(true);
  expect(Object.keys((await stage.state("labelled")).metadata)).toEqual(["first", "third"]);
});

test("a job whose creation is refused works as well as any, and says why it is not reported", async () => {
  expect(await reporter.run({ kind: "Not A Kind", id: "refused" }, (job) => job.known(5_000))).toBe(false);
  expect(stage.log.at(-1)).toMatch(/job refused: not reported on, its creation was refused: invalid/);
});

test("the reason of a stop is one that can be told from others", () => {
  expect(new Cancelled("fenced", "another worker has the job")).toMatchObject({ name: "AbortError", code: "fenced" });
});
