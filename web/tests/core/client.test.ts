// The client as a whole, over a service in miniature: what was deleted or ended unheard, late answers, and what is left
// running after the end.

import { describe, expect, test, vi } from "vitest";
import { assemble } from "../../src/assemble.ts";
import { createTokenSource } from "../../src/token-source.ts";
import type { ProgressClient } from "../../src/client.ts";
import { createProgressClient } from "../../src/create.ts";
import { createEngine } from "../../src/engine.ts";
import { ended, fakeHost, frame as framed, running } from "../support/host.ts";
import { frame } from "./frame.ts";
import { open } from "./page.ts";
import { pass, service, world } from "./world.ts";

const WAYS = ["websocket", "events", "polling"] as const;
world();

function whole(more = {}): ProgressClient {
  const bearer = createTokenSource(undefined);
  return assemble({ url: "http://service.test", project: "acme", ...more },
    createEngine({ url: "http://service.test", project: "acme", ...more }), bearer);
}

test.each(WAYS)("who waits for a job that was deleted meanwhile is told so: %s", async (transport) => {
  service.put(frame("a"), frame("z"));
  const client = whole({ transports: [transport] });
  const waited = client.wait("a").catch((error: unknown) => error);
  await pass(3000);
  service.all("refused");
  service.cut();
  await pass(500);
  service.remove("a");
  service.all("up");
  await pass(120_000);
  const raced = await Promise.race([waited, pass(1).then(() => "pending")]);
  expect(raced).toMatchObject({ status: 404 });
  expect(service.asked.length).toBeLessThan(200);
  client.close();
});

test.each(WAYS)("who waits for a job that ended meanwhile has it: %s", async (transport) => {
  service.put(frame("a"), frame("z"));
  const client = whole({ transports: [transport] });
  const waited = client.wait("a").catch((error: unknown) => error);
  await pass(3000);
  service.all("refused");
  service.cut();
  await pass(500);
  service.put(frame("a", 9, { status: "failed" }));
  service.all("up");
  await pass(120_000);
  const raced = await Promise.race([waited, pass(1).then(() => "pending")]);
  expect(raced).toMatchObject({ version: 9 });
  client.close();
});

test.each(WAYS)("a deleted job is missed among others that live: %s", async (transport) => {
  service.put(frame("a"), frame("z"));
  const client = whole({ transports: [transport] });
  const waited = client.wait("a").catch((error: unknown) => error);
  const other = vi.fn();
  client.watch("z", { onJob: other });
  await pass(3000);
  service.all("refused");
  service.cut();
  await pass(500);
  service.remove("a");
  service.all("up");
  await pass(120_000);
  const raced = await Promise.race([waited, pass(1).then(() => "pending")]);
  expect(raced).toMatchObject({ status: 404 });
  service.put(frame("z", 5));
  await pass(30_000);
  expect(other).toHaveBeenCalledTimes(2);
  client.close();
});

test("a job that was deleted between two polls is missed", async () => {
  service.put(frame("a"), frame("z"));
  const client = whole({ transports: ["polling"] });
  const waited = client.wait("a").catch((error: unknown) => error);
  client.watch("z");
  await pass(3000);
  service.remove("a");
  await pass(120_000);
  expect(await Promise.race([waited, pass(1).then(() => "pending")])).toMatchObject({ status: 404 });
  client.close();
});

test("an answer that was long on its way does not bring a job back into a selection it has left", async () => {
  const host = fakeHost();
  const client = assemble({ url: "http://service", project: "acme" }, host, createTokenSource(undefined));
  let answer = (_: Response) => {};
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (answer = resolve)));
  const store = client.jobs({ status: "active" });
  store.subscribe(() => {});
  host.give(running("a", 3));
  host.say({ type: "synced", watch: 1 });
  const cancelled = client.cancel("a");
  await pass(10);
  host.give(ended("a", 5, { status: "cancelled" }));
  await pass(200);
  expect(store.getSnapshot().jobs).toEqual([]);
  answer(Response.json(framed(running("a", 4, { status: "cancelling" }))));
  await cancelled;
  await pass(200);
  expect(store.getSnapshot().jobs).toEqual([]);
  client.close();
});

test("an answer that was long on its way does not bring back a job that is gone", async () => {
  const host = fakeHost();
  const client = assemble({ url: "http://service", project: "acme" }, host, createTokenSource(undefined));
  let answer = (_: Response) => {};
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (answer = resolve)));
  const store = client.jobs({});
  store.subscribe(() => {});
  host.give(ended("a", 3));
  host.say({ type: "synced", watch: 1 });
  const got = client.get("a");
  await pass(10);
  host.say({ type: "gone", job: "a" });
  answer(Response.json(framed(ended("a", 3))));
  await got;
  await pass(200);
  expect(store.getSnapshot().jobs).toEqual([]);
  client.close();
});

test("no history is asked for once it is closed", async () => {
  const host = fakeHost();
  const client = assemble({ url: "http://service", project: "acme" }, host, createTokenSource(undefined));
  const asked = vi.fn(async () => { throw new TypeError("no"); });
  vi.stubGlobal("fetch", asked);
  client.on("*", () => {});
  host.give(running("a", 2));
  host.say({ type: "synced", watch: 1 });
  host.give(ended("a", 30));
  await pass(3000);
  client.close();
  const before = asked.mock.calls.length;
  await pass(120_000);
  expect(asked.mock.calls.length - before).toBeLessThanOrEqual(1);
  expect(vi.getTimerCount()).toBe(0);
});

describe.each(WAYS)("once it is closed nothing runs any more: %s", (transport) => {
  test.each(["up", "refused", "mute"] as const)("%s", async (way) => {
    service.put(frame("a"));
    service.all(way);
    const client = whole({ transports: [transport] });
    client.watch({});
    client.watch({ job: "zzz" });
    client.summary.subscribe(() => {});
    for (const time of [0, 1, 50, 1000, 3000, 7000]) {
      await pass(time);
    }
    client.close();
    await pass(31_000);
    expect(vi.getTimerCount()).toBe(0);
    const n = service.asked.length + service.sockets.length;
    await pass(100_000);
    expect(service.asked.length + service.sockets.length).toBe(n);
  });
});

test("a list of no ids is empty, and not everything", async () => {
  const asked = vi.fn(async () => Response.json({ items: [], page: null }));
  vi.stubGlobal("fetch", asked);
  const client = whole();
  expect(await client.list({ job: [] })).toEqual({ items: [], page: null });
  expect(asked).not.toHaveBeenCalled();
});

test("what cannot be an id is refused, and never becomes another address", async () => {
  service.put(frame("a"));
  const client = createProgressClient({ url: "http://service.test", project: "acme" });
  const errors: unknown[] = [];
  client.watch("../x", { onError: (e) => errors.push(e) });
  client.watch({ job: [] });
  client.watch({ status: [] });
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  expect(service.sockets.length).toBe(1);
  await pass(100);
  const bad = expect(client.get("../x")).rejects.toMatchObject({});
  await pass(100);
  await bad;
  expect(service.asked.map((a) => a.path)).toEqual(["..%2Fx"]);
  client.close();
});

test("five thousand ids are watched by any transport", async () => {
  const ids = Array.from({ length: 5000 }, (_, n) => `job-${n}`);
  service.put(...ids.map((id) => frame(id)));
  for (const transports of [["websocket"], ["events"], ["polling"]] as const) {
    const page = open({ transports });
    const w = page.watch({ job: ids });
    await pass(20_000);
    expect(page.told("synced", w)).toBe(1);
    expect(page.jobs.size).toBe(5000);
    page.port.close();
    await pass(5000);
  }
});
