// Watching and waiting: each newer state once, each ending once, and nothing left behind.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { assemble } from "../../src/assemble.ts";
import { createTokenSource } from "../../src/token-source.ts";
import type { ProgressClient } from "../../src/client.ts";
import { GRACE } from "../../src/grace.ts";
import { ended, fakeHost, running, type FakeHost } from "../support/host.ts";

let host: FakeHost;
let client: ProgressClient;

beforeEach(() => {
  vi.useFakeTimers();
  host = fakeHost();
  client = assemble({ url: "http://service", project: "acme" }, host, createTokenSource(undefined));
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
});

const turn = async (): Promise<void> => {
  for (let n = 0; n < 5; n++) await Promise.resolve();
};
const versions = (mock: ReturnType<typeof vi.fn>): number[] => mock.mock.calls.map(([job]) => job.version);

it("gives each newer state with the one before, and settles once", async () => {
  const [onJob, onSettled, onSynced] = [vi.fn(), vi.fn(), vi.fn()];
  client.watch("a", { onJob, onSettled, onSynced });
  host.give(running("a", 2), running("a", 4), running("a", 3), running("a", 4), ended("a", 5), ended("a", 5));
  host.say({ type: "synced", watch: host.watch() }, { type: "synced", watch: host.watch() });
  host.say({ type: "finished", watch: host.watch() });
  await turn();
  expect(versions(onJob)).toEqual([2, 4, 5]);
  expect(onJob.mock.calls[1]?.[1].version).toBe(2);
  expect(onSettled).toHaveBeenCalledTimes(1);
  expect(onSynced).toHaveBeenCalledTimes(1);
});

it("begins with what another watch has brought, once the caller holds its watch", async () => {
  client.watch("a");
  host.give(ended("a", 7));
  const onSettled = vi.fn();
  client.watch("a", { onSettled });
  expect(onSettled).not.toHaveBeenCalled();
  await turn();
  expect(onSettled).toHaveBeenCalledTimes(1);
  expect(host.ops("watch")).toHaveLength(1);
});

it("iterates over the newest state of each job, and ends with the jobs", async () => {
  const watch = client.watch({ job: ["a", "b"] });
  host.give(running("a", 2), running("b", 2), running("a", 3));
  const got: [string, number][] = [];
  const reading = (async () => {
    for await (const job of watch) {
      got.push([job.id, job.version]);
      await turn();
    }
  })();
  await turn();
  host.give(ended("a", 9));
  await turn();
  host.give(ended("b", 9));
  await reading;
  expect(got.slice(0, 2)).toEqual([["a", 3], ["b", 2]]);
  expect(got.filter(([, version]) => version === 9)).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(GRACE * 3);
  expect(host.ops("unwatch")).toHaveLength(1);
});

it("a slow reader gets the newest, never a backlog", async () => {
  const iterator = client.watch("a")[Symbol.asyncIterator]();
  const first = iterator.next();
  host.give(running("a", 2));
  await first;
  for (let version = 3; version <= 50; version++) host.give(running("a", version));
  expect((await iterator.next()).value).toMatchObject({ version: 50 });
  await iterator.return?.();
});

it("stops when the reader leaves the loop, and throws what was refused", async () => {
  const watch = client.watch("a");
  host.give(running("a", 2));
  for await (const job of watch) {
    expect(job.version).toBe(2);
    break;
  }
  await vi.advanceTimersByTimeAsync(GRACE * 3);
  expect(host.ops("unwatch")).toHaveLength(1);

  const onError = vi.fn();
  const refused = client.watch("b", { onError });
  host.say({ type: "refused", watch: host.watch(), code: "forbidden", detail: "not yours" });
  await expect(refused[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "forbidden", status: 403 });
  expect(onError).toHaveBeenCalledTimes(1);
});

it("hears nothing after it was stopped", async () => {
  const onJob = vi.fn();
  const watch = client.watch("a", { onJob });
  watch.stop();
  host.give(running("a", 2));
  await turn();
  expect(onJob).not.toHaveBeenCalled();
});

it("tells of a job that left the selection by ending", async () => {
  const onSettled = vi.fn();
  client.watch({ status: "active" }, { onSettled });
  host.give(running("a", 2), ended("a", 3));
  await turn();
  expect(onSettled).toHaveBeenCalledTimes(1);
});

it("looks for a job that a new snapshot of the active ones does not name", async () => {
  const fetched = vi.fn(async () => Response.json({ type: "feed:sync:completed", timestamp: "", data: ended("a", 9) }));
  vi.stubGlobal("fetch", fetched);
  const onSettled = vi.fn();
  client.watch({ status: "active" }, { onSettled });
  host.give(running("a", 2));
  host.say({ type: "reset", watch: host.watch() }, { type: "synced", watch: host.watch() });
  await vi.waitFor(() => expect(onSettled).toHaveBeenCalledTimes(1));
  expect(fetched).toHaveBeenCalledTimes(1);
  vi.unstubAllGlobals();
});

it("asks again of another holder of the connection, and drops what is gone there", async () => {
  const [onJob, onGone] = [vi.fn(), vi.fn()];
  client.watch({ kind: "feed:sync" }, { onJob, onGone });
  host.give(running("a", 2), running("b", 2));
  const before = host.ops("watch");
  host.say({ type: "detached" });
  expect(host.ops("watch")).toEqual([...before, ...before]);
  host.give(running("a", 2), running("a", 3));
  host.say({ type: "synced", watch: host.watch() });
  await turn();
  expect(onGone.mock.calls).toEqual([["b"]]);
  expect(onJob.mock.calls.map(([job]) => `${job.id}${job.version}`)).toEqual(["a2", "b2", "a3"]);
});

it("waits for an ending", async () => {
  const waiting = client.wait("a");
  host.give(running("a", 2), ended("a", 3));
  expect(await waiting).toMatchObject({ version: 3, status: "completed" });
});

it("does not wait for what cannot come", async () => {
  const stop = new AbortController();
  const aborted = client.wait("a", { signal: stop.signal });
  const results = Promise.allSettled([aborted, client.wait("b"), client.wait("c"), client.wait("d")]);
  stop.abort(new Error("enough"));
  const last = host.ops("watch")[2];
  host.say({ type: "gone", job: "b" });
  host.say({ type: "refused", watch: last?.op === "watch" ? last.watch : 0, code: "not_found", detail: "" });
  client.close();
  expect((await results).map((result) => result.status === "rejected" && (result.reason.code ?? result.reason.message)))
    .toEqual(["enough", "gone", "not_found", "closed"]);
});
