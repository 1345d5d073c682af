// Callbacks by the name of what happened: from now on, each once, in order, from the history where frames were folded.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { assemble } from "../../src/assemble.ts";
import { createTokenSource } from "../../src/token-source.ts";
import type { ProgressClient } from "../../src/client.ts";
import type { HistoryItem, Job, Phase } from "../../src/job.ts";
import { at, ended, fakeHost, frame, job, running, type FakeHost } from "../support/host.ts";

let host: FakeHost;
let client: ProgressClient;
let told: string[];
const log = ({ type, job }: { type: string; job: Job }): void => void told.push(`${job.id} ${type}`);
const say = (job: Job, what: string): void => host.say({ type: "frames", frames: [frame(job, what)] });

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  host = fakeHost();
  client = assemble({ url: "http://service", project: "acme" }, host, createTokenSource(undefined));
});

afterEach(() => {
  client.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function synced(): void {
  host.say({ type: "synced", watch: host.watch() });
}

/** A history whose lines say only type and version. */
function history(...lines: [number, string][]): ReturnType<typeof vi.fn> {
  const items = lines.map(([version, what], n): HistoryItem => ({
    number: n + 1, version, at: at(version), type: `feed:sync:${what}`, data: {},
  }));
  const answer = vi.fn(async (url: string) => {
    const after = Number(new URL(url).searchParams.get("after"));
    return Response.json({ items: items.filter(({ number }) => number > after), next: null });
  });
  vi.stubGlobal("fetch", answer);
  return answer;
}

it("tells nothing of what was before, everything of what is made after", () => {
  client.on("*", log);
  say(ended("old", 9), "completed");
  say(running("going", 3), "progress");
  synced();
  say(job("new"), "created");
  say(running("new", 2), "started");
  say(ended("going", 4, { updated_at: at(4) }), "completed");
  expect(told).toEqual(["new feed:sync:created", "new feed:sync:started", "going feed:sync:completed"]);
});

it("goes by patterns and rooms", () => {
  client.on("feed:sync:started", log);
  client.on("*:started", log, { subject: "feed-1" });
  client.on("feed:*", log, { owner: "u-2" });
  client.on("scan:*", log);
  expect(host.ops("watch")).toMatchObject([
    { selector: { kind: "feed:sync" } },
    { selector: { subject: "feed-1" } },
    { selector: { owner: "u-2" } },
    { selector: {} },
  ]);
  for (const watch of [1, 2, 3, 4]) host.say({ type: "synced", watch });
  say(job("a", { subject: "feed-1" }), "created");
  say(running("a", 2, { subject: "feed-1" }), "started");
  say(job("b", { owner: "u-2" }), "created");
  expect(told).toEqual(["a feed:sync:started", "a feed:sync:started", "b feed:sync:created"]);
});

it("does not tell twice what comes twice", () => {
  client.on("*", log);
  synced();
  say(job("a"), "created");
  host.say({ type: "detached" });
  say(job("a"), "created");
  synced();
  say(running("a", 2), "started");
  say(running("a", 2), "started");
  expect(told).toEqual(["a feed:sync:created", "a feed:sync:started"]);
});

it("reads in the history what was folded, before anything newer of that job, and holds up no other", async () => {
  const phases = (...names: string[]): Phase[] => names.map((name, n) => ({
    name, status: "running", weight: 1, current: 0, total: null, unit: null, started_at: at(2 + n / 10), finished_at: null,
  }));
  const asked = history([1, "created"], [2, "started"], [3, "phase"], [3, "phase"], [4, "notice"], [5, "completed"]);
  client.on("*", log);
  say(running("a", 2), "started");
  synced();
  say(running("a", 3, { phases: phases("fetch", "parse"), phase: "parse" }), "phase");
  say(job("b"), "created");
  const found = { number: 1, at: at(4), level: "info" as const, code: null, message: "", data: {} };
  const later = { phases: phases("fetch", "parse"), phase: "parse", notices: { total: 1, recent: [found] } };
  say(running("a", 4, later), "notice");
  say(ended("a", 5, { ...later, phase: null }), "completed");
  expect(told).toEqual(["b feed:sync:created"]);
  await vi.waitFor(() => expect(told).toHaveLength(5));
  const order = ["phase", "phase", "notice", "completed"];
  expect(told.slice(1)).toEqual(order.map((what) => `a feed:sync:${what}`));
  expect(asked).toHaveBeenCalledTimes(1);
  expect(asked.mock.calls[0]?.[0]).toBe("http://service/v1/projects/acme/jobs/a/history?after=2&limit=1000");
});

it("asks for the history until it is answered", async () => {
  const asked = history([1, "created"], [2, "started"], [3, "failed"]);
  asked.mockRejectedValueOnce(new TypeError("no network"));
  client.on("*:failed", log);
  say(running("a", 2), "started");
  synced();
  const rest = { message: "", retry_after_seconds: null, phase: null, details: null };
  say(ended("a", 3, { status: "failed", error: { code: "x", retryable: false, ...rest } }), "failed");
  await vi.advanceTimersByTimeAsync(1_500);
  await vi.waitFor(() => expect(told).toEqual(["a feed:sync:failed"]));
  expect(asked).toHaveBeenCalledTimes(2);
});

it("tells what the states show where the history is gone with the job", async () => {
  vi.stubGlobal("fetch", async () => Response.json({ code: "not_found", title: "none" }, { status: 404 }));
  client.on("*", log);
  say(running("a", 2), "started");
  synced();
  say(ended("a", 30), "completed");
  await vi.waitFor(() => expect(told).toEqual(["a feed:sync:completed"]));
});

it("is silent once it was unsubscribed, and a listener that throws stops no other", () => {
  const shown = vi.spyOn(console, "error").mockImplementation(() => {});
  client.on("*", () => { throw new Error("mine"); });
  const off = client.on("*", log);
  synced();
  say(job("a"), "created");
  off();
  off();
  say(running("a", 2), "started");
  expect(told).toEqual(["a feed:sync:created"]);
  expect(shown).toHaveBeenCalledTimes(2);
  shown.mockRestore();
});
