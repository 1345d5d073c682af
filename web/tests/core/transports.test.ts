// The two ways beside the socket: what each of them makes of the service's words, and how much it asks.

import { beforeEach, describe, expect, test, vi } from "vitest";
import type { TransportName } from "../../src/connection.ts";
import { frame } from "./frame.ts";
import { open, type Page } from "./page.ts";
import { pass, service, world } from "./world.ts";

world();
beforeEach(() => service.put(frame("a")));

async function by(transport: TransportName, selector = {}): Promise<Page> {
  const page = open({ transports: [transport] });
  page.watch(selector);
  await pass(100);
  return page;
}

const streams = () => service.asked.filter(({ path }) => path === "events");

describe.each(["websocket", "events", "polling"] as const)("by %s", (transport) => {
  test("a job is followed to its end, and then there is silence", async () => {
    const page = await by(transport, { job: "a" });
    for (let version = 2; version < 6; version += 1) {
      service.put(frame("a", version));
      await pass(3000);
      expect(page.version("a")).toBe(version);
    }
    service.put(frame("a", 6, { status: "completed" }));
    await pass(5000);
    expect(page.jobs.get("a")?.status).toBe("completed");
    expect([page.told("synced"), page.told("finished")]).toEqual([1, 1]);
    expect(page.connection.state).toBe("closed");
    const asked = service.asked.length + service.sockets.length;
    await pass(600_000);
    expect(service.asked.length + service.sockets.length).toBe(asked);
  });

  test("an unknown job is refused, and the others live on", async () => {
    const page = await by(transport, { job: "a" });
    const bad = page.watch({ job: "nobody" });
    await pass(3000);
    expect(page.updates).toContainEqual(expect.objectContaining({ type: "refused", watch: bad, code: "not_found" }));
    service.put(frame("a", 2));
    await pass(3000);
    expect(page.version("a")).toBe(2);
  });

  test("a watch added later gets all of its own, whatever the others were given before", async () => {
    service.put(frame("b", 4), frame("c", 1, { kind: "sync" }));
    const page = await by(transport, { job: "a" });
    await pass(5000);
    const watches = [page.watch({ job: "b" }), page.watch({ kind: "sync" }), page.watch({ owner: "nobody" })];
    await pass(6000);
    expect([page.version("b"), page.version("c")]).toEqual([4, 1]);
    for (const watch of watches) expect(page.told("synced", watch)).toBe(1);
  });

  test("the tiles come", async () => {
    const page = await by(transport);
    page.port.send({ op: "summary", on: true });
    await pass(3000);
    expect(page.updates).toContainEqual({ type: "summary", summary: service.summary() });
  });

  test("a break costs nothing but time", async () => {
    const page = await by(transport);
    await pass(6000);
    service.all("refused");
    service.cut();
    service.put(frame("a", 2), frame("b"));
    await pass(25_000);
    expect(page.connection.state).toBe("reconnecting");
    service.all("up");
    await pass(30_000);
    expect([page.version("a"), page.version("b")]).toEqual([2, 1]);
    expect(page.connection.state).toBe("live");
  });

  test("something that never answers is no connection", async () => {
    service.ways[transport] = "mute";
    const page = await by(transport);
    await pass(12_000);
    expect(page.connection.state).toBe("reconnecting");
    service.ways[transport] = "up";
    await pass(30_000);
    expect(page.version("a")).toBe(1);
  });
});

describe("events", () => {
  test("a stream that is rotated goes on from its cursor, and nobody notices", async () => {
    const page = await by("events");
    service.put(frame("a", 2));
    await pass(2000);
    const { cursor } = service;
    service.streams[0]?.end("rotated");
    service.put(frame("a", 3));
    await pass(10);
    expect(streams().at(-1)?.query.cursor).toBe(cursor);
    expect(page.version("a")).toBe(3);
    expect(page.states).toEqual(["closed", "connecting", "live"]);
  });

  test.each([
    ["unavailable", 4],
    ["restarting", undefined],
    ["too_slow", undefined],
  ])("%s: comes back", async (reason, after) => {
    const page = await by("events");
    service.streams[0]?.end(reason, after ? { retry_after_seconds: after } : {});
    await pass(50);
    expect(page.connection.state).toBe("reconnecting");
    if (after) {
      await pass(after * 1000 - 100);
      expect(streams()).toHaveLength(1);
    }
    await pass(5100);
    expect(page.connection.state).toBe("live");
  });

  test("a service that rotates without end is not asked without end", async () => {
    service.put(frame("a"));
    const page = open({ transports: ["events"] });
    page.watch({});
    await pass(100);
    for (let n = 0; n < 500; n += 1) {
      service.streams.at(-1)?.end("rotated");
      await pass(20);
    }
    expect(service.streams.length).toBeLessThan(20);
  });

  test("no more streams than leave room for other requests", async () => {
    const page = await by("events", { job: "a" });
    for (let n = 0; n < 12; n += 1) page.watch({ subject: `s${n}` });
    page.port.send({ op: "summary", on: true });
    await pass(200);
    expect(service.streams.filter((stream) => !stream.closed).length).toBeLessThanOrEqual(3);
    expect(page.told("synced")).toBe(13);
  });

  test("one silent stream among several is a dead line", async () => {
    const page = await by("events", { job: "a" });
    page.watch({ kind: "scan" });
    await pass(100);
    for (let n = 0; n < 3; n += 1) {
      await pass(12_000);
      service.streams[0]?.say("ping", { cursor: service.cursor }, service.cursor);
    }
    expect(page.states).toContain("reconnecting");
  });

  test("tiles that are forbidden leave the rest alone", async () => {
    const page = await by("events");
    service.answer = { status: 403, body: { code: "forbidden", detail: "narrowed" } };
    page.port.send({ op: "summary", on: true });
    await pass(1000);
    expect(page.connection.state).toBe("live");
    service.put(frame("a", 2));
    await pass(10);
    expect(page.version("a")).toBe(2);
  });

  test("bad data are dropped", async () => {
    const page = await by("events");
    service.streams[0]?.say("message", { type: "scan:progress", timestamp: "", data: {} });
    service.streams[0]?.say("message", [1]);
    service.put(frame("a", 2));
    await pass(10);
    expect(page.version("a")).toBe(2);
  });
});

describe("polling", () => {
  test("a single selection is waited for, several are asked for in turn every two seconds", async () => {
    const page = await by("polling");
    await pass(4000);
    expect(service.polls.at(-1)?.wait).toBe(20);
    const at = service.polls.length;
    await pass(60_000);
    expect(service.polls.length - at).toBeLessThanOrEqual(4);
    service.put(frame("a", 2));
    await pass(200);
    expect(page.version("a")).toBe(2);
    page.watch({ kind: "sync" });
    await pass(10_000);
    expect(service.polls.at(-1)?.wait).toBe(0);
  });

  test("where an answer that is held back gets lost, plain ones are asked for", async () => {
    const page = await by("polling");
    await pass(3000);
    expect(service.polls.at(-1)?.wait).toBe(20);
    service.ways.polling = "mute"; // bears nothing long: what is asked now is swallowed
    await pass(21_000);
    service.ways.polling = "up";
    await pass(40_000);
    expect(service.polls.at(-1)?.wait).toBe(0);
    service.put(frame("a", 2));
    await pass(5500);
    expect(page.version("a")).toBe(2);
    expect(page.connection.state).toBe("live");
  });

  test("a page that nobody sees asks every 30 s, and at once when it is looked at", async () => {
    const page = await by("polling");
    page.port.send({ op: "visible", visible: false });
    await pass(30_000);
    const at = service.polls.length;
    await pass(300_000);
    expect(service.polls.length - at).toBeGreaterThanOrEqual(9);
    expect(service.polls.length - at).toBeLessThanOrEqual(11);
    service.put(frame("a", 2));
    page.port.send({ op: "visible", visible: true });
    await pass(50);
    expect(page.version("a")).toBe(2);
  });

  test("the service's wish for a pause is honoured", async () => {
    const page = await by("polling", { kind: "scan" });
    page.watch({ kind: "sync" });
    service.answer = { status: 200, body: { cursor: "c1", reset: false, poll_after_ms: 20_000, items: [] } };
    await pass(10_000);
    const at = service.polls.length;
    await pass(40_000);
    expect(service.polls.length - at).toBeLessThanOrEqual(6);
  });

  test("the rest of a long answer is fetched at once", async () => {
    service.answer = {
      status: 200,
      body: { cursor: "c1", reset: false, poll_after_ms: 0, more: true, items: [frame("b")] },
    };
    const page = await by("polling");
    expect(service.polls.length).toBeGreaterThan(10);
    expect(page.told("synced")).toBe(0);
    service.answer = null;
    await pass(100);
    expect(page.told("synced")).toBe(1);
    expect(page.version("b")).toBe(1);
  });

  test("429 and 503 are stayed away from for as long as they say", async () => {
    const page = await by("polling");
    await pass(2500);
    page.watch({ kind: "sync" });
    service.answer = { status: 503, headers: { "retry-after": "11" } };
    await pass(3000);
    expect(page.connection.state).toBe("reconnecting");
    const at = service.polls.length;
    await pass(7500);
    expect(service.polls.length).toBe(at);
    service.answer = null;
    await pass(5000);
    expect(page.connection.state).toBe("live");
  });

  test("where nothing is held back, it is not asked again at once", async () => {
    service.put(frame("a"));
    const page = open({ transports: ["polling"] });
    page.watch({});
    await pass(3000);
    const asked: string[] = [];
    const real = fetch;
    vi.stubGlobal("fetch", async (url: string, o: RequestInit) => {
      asked.push(url);
      const u = new URL(url); u.searchParams.delete("wait");
      return real(u.href, o);
    });
    await pass(60_000);
    expect(asked.length).toBeLessThan(60);
  });
});
