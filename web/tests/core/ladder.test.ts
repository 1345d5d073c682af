// Which transport carries, in every direction of the ladder, and when the next try is made.

import { beforeEach, describe, expect, test } from "vitest";
import { frame } from "./frame.ts";
import { open, type Page } from "./page.ts";
import { pass, service, world } from "./world.ts";

world();
beforeEach(() => service.put(frame("a")));

/** Time in which the service gives its signs of life. */
async function live(time: number): Promise<void> {
  for (let left = time; left > 0; left -= 15_000) {
    await pass(Math.min(left, 15_000));
    service.ping();
  }
}

async function watching(settings: Parameters<typeof open>[0] = {}): Promise<Page> {
  const page = open(settings);
  page.watch({});
  await pass(100);
  return page;
}

describe("down", () => {
  test("three refused sockets, then events; the page has its jobs after two seconds all the same", async () => {
    service.ways.websocket = "refused";
    const page = await watching();
    await pass(2500);
    expect(page.version("a")).toBe(1);
    await pass(10_000);
    expect(service.sockets.length).toBeGreaterThanOrEqual(3);
    expect(service.streams).toHaveLength(1);
    expect(page.connection).toMatchObject({ state: "degraded", transport: "events" });
    const polls = service.polls.length;
    await live(60_000);
    expect(service.polls.length - polls).toBeLessThan(8); // only to ask why a socket was refused
  });

  test("a socket that opens and says nothing fails after five seconds", async () => {
    service.ways.websocket = "mute";
    const page = await watching();
    await pass(4800);
    expect(service.sockets).toHaveLength(1);
    expect(page.connection).toMatchObject({ state: "connecting", transport: "polling" });
    await pass(200);
    expect(page.connection).toMatchObject({ state: "reconnecting", attempt: 2 });
    await pass(20_000);
    expect(page.connection).toMatchObject({ state: "degraded", transport: "events" });
  });

  test("with sockets and events blocked, polling carries", async () => {
    service.ways.websocket = "refused";
    service.ways.events = "refused";
    const page = await watching();
    await pass(10_000); // polling bridges, so the others are not waited for as one waits for a service that is gone
    expect(page.connection).toMatchObject({ state: "degraded", transport: "polling" });
    service.put(frame("a", 2));
    await pass(3000);
    expect(page.version("a")).toBe(2);
    expect(page.states).not.toContain("offline");
  });

  test("the socket switched off in the middle costs less than six seconds", async () => {
    const page = await watching();
    service.ways.websocket = "refused";
    service.cut();
    service.put(frame("a", 2));
    await pass(3000);
    expect(page.version("a")).toBe(2);
    await pass(20_000);
    expect(page.connection).toMatchObject({ state: "degraded", transport: "events" });
  });

  test("only transports that are allowed are used", async () => {
    service.ways.websocket = "refused";
    const page = await watching({ transports: ["websocket", "events"] });
    await pass(20_000);
    expect(page.connection).toMatchObject({ state: "degraded", transport: "events" });
    expect(service.polls.every(({ wait }) => wait === 0)).toBe(true);
    const forced = await watching({ transports: ["polling"] });
    expect(forced.connection).toMatchObject({ state: "live", transport: "polling" });
  });
});

describe("up", () => {
  test("the better transport is tried again, at growing distances, and taken when it works", async () => {
    service.ways.websocket = "refused";
    const page = await watching();
    await pass(20_000);
    const at = service.sockets.length;
    await live(600_000);
    expect(service.sockets.length - at).toBeLessThan(16);
    expect(service.sockets.length - at).toBeGreaterThan(4);
    expect(page.states.at(-1)).toBe("degraded");
    service.ways.websocket = "up";
    await live(125_000);
    expect(page.connection).toMatchObject({ state: "live", transport: "websocket" });
    expect(service.streams.every((stream) => stream.closed)).toBe(true);
    service.put(frame("a", 2));
    await pass(20);
    expect(page.version("a")).toBe(2);
  });

  test.each(["online", "visible"] as const)("it is tried at once when the page is %s", async (op) => {
    service.ways.websocket = "refused";
    service.ways.events = "refused";
    const page = await watching();
    await pass(300_000);
    expect(page.connection.transport).toBe("polling");
    service.ways.websocket = "up";
    page.port.send(op === "online" ? { op, online: true } : { op, visible: true });
    await pass(50);
    expect(page.connection).toMatchObject({ state: "live", transport: "websocket" });
  });

  test("from polling to events, where the socket stays blocked", async () => {
    service.ways.websocket = service.ways.events = "refused";
    const page = await watching();
    await pass(60_000);
    expect(page.connection.transport).toBe("polling");
    service.ways.events = "up";
    await pass(125_000);
    expect(page.connection).toMatchObject({ state: "degraded", transport: "events" });
  });
});
