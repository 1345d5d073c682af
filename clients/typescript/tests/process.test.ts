// What becomes of jobs when their process does: killed, told to stop, ended, blocked, forgetful. Each is a process of
// its own, on the package as built.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../web/tests/support/port.ts";
import { Stage } from "./support/stage.ts";

let stage: Stage;
const children = new Set<ChildProcess>();

beforeAll(async () => { stage = await Stage.open(); });
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await stage.close();
});

function work(fate: string, id: string, url = stage.tap.origin): ChildProcess {
  const program = new URL("./programs/worker.js", import.meta.url).pathname;
  const env = { ...process.env, MILEPOST_URL: url, MILEPOST_PROJECT: "acme" };
  const child = spawn(process.execPath, ["--expose-gc", program, fate, id], { stdio: ["ignore", "pipe", "inherit"], env });
  children.add(child);
  return child;
}

async function ready(child: ChildProcess): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) if (line === "ready") return;
  throw new Error("the worker ended before it was ready");
}

test.concurrent("kill -9: stalled within its lease, then failed as lost", async () => {
  const child = work("endless", "killed");
  await ready(child);
  await stage.until("killed", ({ status, progress }) => status === "running" && progress.current > 0);
  child.kill("SIGKILL");
  const stalled = await stage.until("killed", ({ stalled_at }) => stalled_at !== null);
  expect(stalled.status).toBe("running");
  expect(await stage.ended("killed")).toMatchObject({ status: "failed", error: { code: "worker_lost", retryable: true } });
});

test.concurrent("a process that has nothing else to do still delivers its ending, and ends by itself", async () => {
  const child = work("ends", "ends");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(await stage.state("ends")).toMatchObject({ status: "completed", progress: { current: 3 } });
});

test.concurrent("a job without an ending keeps no process alive", async () => {
  const child = work("leaves", "leaves");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(await stage.ended("leaves")).toMatchObject({ error: { code: "worker_lost" } });
});

test.concurrent("a service that is away does not keep a process for ever", async () => {
  const child = work("ends", "nowhere", `http://127.0.0.1:${await freePort()}`);
  expect(await once(child, "exit")).toEqual([0, null]);
});

test.concurrent("SIGTERM: every job is told, whether it heeds or not, and the process ends by the signal", async () => {
  const child = work("interrupted", "interrupted");
  await ready(child);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([null, "SIGTERM"]);
  for (const id of ["interrupted", "interrupted-deaf"]) {
    expect(await stage.state(id)).toMatchObject({ status: "failed", error: { code: "interrupted", retryable: true } });
  }
});

test.concurrent("a job that was forgotten is reported as dropped", async () => {
  const child = work("forgets", "forgotten");
  await ready(child);
  expect(await stage.ended("forgotten")).toMatchObject({ status: "failed", error: { code: "worker_dropped" } });
  expect(child.exitCode).toBeNull();
});

test.concurrent("a blocked event loop shows as stalled, and the job goes on after it", async () => {
  work("blocks", "blocked");
  await stage.until("blocked", ({ stalled_at }) => stalled_at !== null);
  const state = await stage.ended("blocked");
  expect(state).toMatchObject({ status: "completed", attempt: 1, stalled_at: null });
  expect(state.progress.current).toBeGreaterThan(0);
});

test.concurrent("a loop that never waits, but yields, reports and hears of a cancel", async () => {
  const child = work("yields", "yields");
  const { progress } = await stage.until("yields", (state) => state.progress.current > 0);
  await stage.until("yields", (state) => state.progress.current > progress.current);
  await stage.other.cancel("yields");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(await stage.state("yields")).toMatchObject({ status: "cancelled" });
});
