// How a lost connection comes back: when it is tried, from where it goes on, and which endings forbid it.

import { beforeEach, describe, expect, test, vi } from "vitest";
import { frame } from "./frame.ts";
import { open, Page } from "./page.ts";
import { pass, service, world } from "./world.ts";

world();
beforeEach(() => service.put(frame("a")));

async function watching(settings: Parameters<typeof open>[0] = {}): Promise<Page> {
  const page = open(settings);
  page.watch({});
  await pass(100);
  return page;
}

test("pauses are anything up to 1, 2, 4, 8 … 30 s, and after ten tries it is offline until told", async () => {
  const page = await watching({ transports: ["websocket"] });
  vi.spyOn(Math, "random").mockReturnValue(0.999);
  await pass(6000);
  service.all("refused");
  service.cut();
  const pauses: number[] = [];
  while (page.connection.state !== "offline") {
    const { connection } = page;
    if (connection.state === "reconnecting" && connection.nextRetryAt !== null && pauses.length < connection.attempt) {
      pauses.push(Math.round((connection.nextRetryAt - Date.now()) / 1000));
    }
    await pass(10);
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30, 30, 30]);
  expect(page.connection).toMatchObject({ state: "offline", attempt: 10 });
  expect(service.sockets).toHaveLength(11);
  await pass(3_600_000);
  expect(service.sockets).toHaveLength(11);

  page.port.send({ op: "reconnect" });
  await pass(10);
  expect(service.sockets).toHaveLength(12);
  expect(page.connection.state).toBe("reconnecting");
  service.all("up");
  service.put(frame("a", 2, { status: "completed" }));
  page.port.send({ op: "reconnect" });
  await pass(50);
  expect(page.connection.state).toBe("live");
  expect(page.jobs.get("a")?.status).toBe("completed");
});

test("pauses are spread over the whole span", async () => {
  const page = await watching({ transports: ["websocket"] });
  await pass(6000);
  vi.spyOn(Math, "random").mockReturnValue(0);
  service.cut();
  expect(page.connection).toMatchObject({ state: "reconnecting", attempt: 1, nextRetryAt: Date.now() });
  await pass(10);
  expect(page.connection.state).toBe("live");
});

test("offline ends by itself when the network comes back", async () => {
  service.all("refused");
  const page = await watching();
  await pass(300_000);
  expect(page.connection.state).toBe("offline");
  service.all("up");
  page.port.send({ op: "online", online: true });
  await pass(50);
  expect(page.connection.state).not.toBe("offline");
  await pass(10_000);
  expect(page.version("a")).toBe(1);
});

test("it resumes where it broke off, each group by the cursor that covered it", async () => {
  service.put(frame("b"), frame("c", 1, { kind: "sync" }));
  const page = open({ transports: ["websocket"] });
  page.watch({ job: "a" });
  await pass(100);
  page.watch({ kind: "sync" });
  service.ping();
  const known = service.cursor;
  await pass(100);
  service.put(frame("c", 2, { kind: "sync" }));
  page.watch({ job: "b" }); // never told a cursor: beside others none holds for it
  await pass(100);
  service.cut();
  service.put(frame("a", 2), frame("c", 3, { kind: "sync" }));
  await pass(10_000);
  const asked = service.socket.heard.map(({ job, kind, cursor }) => ({ what: job ?? kind, cursor }));
  expect(asked).toContainEqual({ what: ["a"], cursor: known });
  expect(asked).toContainEqual({ what: ["b"], cursor: undefined });
  expect([page.version("a"), page.version("b"), page.version("c")]).toEqual([2, 1, 3]);
  // From the next ping on one cursor holds for all, and the ids can go together.
  service.ping();
  service.cut();
  await pass(10_000);
  expect(service.socket.heard.map(({ job, kind, cursor }) => ({ what: job ?? kind, cursor }))).toEqual([
    { what: ["a", "b"], cursor: service.cursor },
    { what: "sync", cursor: service.cursor },
  ]);
});

test("what was lost in the gap comes once, and an ended job ends once", async () => {
  const page = open({ transports: ["websocket"] });
  const watch = page.watch({ job: "a" });
  await pass(100);
  service.cut();
  service.put(frame("a", 7, { status: "completed" }));
  await pass(10_000);
  expect(page.jobs.get("a")?.status).toBe("completed");
  expect(page.told("finished", watch)).toBe(1);
  expect(page.connection.state).toBe("closed");
});

test("a reset is told, with all there is, and what another subscription brings is not missed", async () => {
  const page = open({ transports: ["websocket"] });
  const [all, scans] = [page.watch({}), page.watch({ kind: "scan" })];
  await pass(100);
  service.ping();
  service.put(frame("b"));
  service.jobs.delete("a");
  service.oldest = 1000;
  service.cut();
  await pass(10_000);
  const after = page.updates.slice(page.updates.findIndex(({ type }) => type === "reset"));
  for (const watch of [all, scans]) {
    expect(after.filter(({ type }) => type === "reset")).toContainEqual({ type: "reset", watch });
    expect(after.filter(({ type }) => type === "synced")).toContainEqual({ type: "synced", watch });
  }
  const given = after.flatMap((update) => (update.type === "frames" ? update.frames : []));
  expect(given.map(({ data }) => data.id)).not.toContain("a");
  expect(given.map(({ data }) => data.id)).toContain("b");
});

test("when the service is there again polling notices, and the socket is not waited for", async () => {
  const page = await watching();
  await pass(6000);
  service.all("refused");
  service.cut();
  await pass(30_000);
  expect(page.connection.state).toBe("reconnecting");
  service.all("up");
  service.put(frame("a", 2));
  await pass(2100);
  expect(page.version("a")).toBe(2);
  await pass(3000);
  expect(["live", "degraded"]).toContain(page.connection.state);
});

test("a service that says when to come back is not polled before", async () => {
  const page = await watching();
  await pass(6000);
  service.socket.say({ type: "error", code: "unavailable", message: "later", retry_after_seconds: 9 });
  service.socket.shut(1013, "unavailable");
  await pass(8900);
  expect(service.asked).toEqual([]);
  await pass(2000);
  expect(page.connection.state).toBe("live");
});

test("ten attempts are ten in a row: one that brings something begins the count anew", async () => {
  const page = await watching();
  const reach = async (state: string) => {
    for (let seconds = 0; seconds < 150 && page.connection.state !== state; seconds++) {
      await pass(1000);
      service.ping();
    }
    expect(page.connection.state).toBe(state);
  };
  for (let round = 0; round < 6; round++) {
    service.ways.websocket = "refused";
    service.socket.shut(1006, "");
    await reach("degraded");
    service.ways.websocket = "up";
    await reach("live"); // and not for as long as a good connection lives
  }
});

test("an excuse does not make what is shown any younger", async () => {
  const page = await watching();
  await pass(6000);
  const { heardAt } = page.connection;
  service.socket.say({ type: "error", code: "unavailable", message: "later", retry_after_seconds: 9 });
  service.socket.shut(1013, "unavailable");
  await pass(100);
  expect(page.connection).toMatchObject({ state: "reconnecting", heardAt });
});

test("35 seconds of silence are a dead line", async () => {
  const page = await watching({ transports: ["websocket"] });
  await pass(34_000);
  expect(page.connection.state).toBe("live");
  service.ping();
  await pass(34_800);
  expect(page.connection.state).toBe("live");
  await pass(300);
  expect(page.states.at(-1)).toBe("reconnecting");
  await pass(2000);
  expect(page.connection.state).toBe("live");
  expect(service.sockets[0]?.closedByClient).toBe(true);
});

test("who comes back to the page after a while finds out within five seconds whether the line is dead", async () => {
  const page = await watching({ transports: ["websocket"] });
  await pass(25_000);
  page.port.send({ op: "visible", visible: true });
  await pass(100);
  expect(service.socket.heard.at(-1)).toMatchObject({ op: "unsubscribe", id: 0 });
  await pass(20_000);
  expect(page.states).toEqual(["closed", "connecting", "live"]);
  service.ways.websocket = "mute";
  await pass(5000);
  page.port.send({ op: "visible", visible: true });
  await pass(20);
  service.ping(); // what answers, lives
  await pass(14_000);
  expect(page.connection.state).toBe("live");
  await pass(21_500);
  expect(page.connection.state).not.toBe("live");
});

test("coming back does not sit out a pause", async () => {
  const page = await watching({ transports: ["websocket"] });
  vi.spyOn(Math, "random").mockReturnValue(0.99);
  await pass(6000);
  service.all("refused");
  service.cut();
  await pass(20_000);
  service.all("up");
  page.port.send({ op: "online", online: true });
  await pass(20);
  expect(page.connection.state).toBe("live");
});

test("an older frame in a snapshot after a reset says that the job is there, and takes nothing back", async () => {
  service.put(frame("a", 7));
  const page = open();
  page.watch({});
  await pass(100);
  expect(page.version("a")).toBe(7);
  service.socket.say({ type: "reset", id: 2 });
  service.socket.say(frame("a", 6));
  service.socket.say({ type: "synced", id: 2, cursor: "c1" });
  await pass(100);
  const second = new Page(page.host);
  second.watch({});
  await pass(100);
  expect(second.version("a")).toBe(7);
});

test("who comes back to the page does not cut short a pause that the service asked for", async () => {
  service.put(frame("a"));
  const page = open({ transports: ["websocket"] });
  page.watch({});
  await pass(6000);
  service.socket.say({ type: "error", code: "overloaded", message: "", retry_after_seconds: 60 });
  service.socket.shut(1013, "overloaded");
  await pass(1000);
  const before = service.sockets.length;
  page.port.send({ op: "visible", visible: false });
  page.port.send({ op: "visible", visible: true });
  await pass(1000);
  expect(service.sockets.length).toBe(before);
  await pass(62_000);
  expect(service.sockets.length).toBe(before + 1);
});

test("a pause longer than any timer is still a pause", async () => {
  service.put(frame("a"));
  const page = open({ transports: ["websocket"] });
  page.watch({});
  await pass(6000);
  service.socket.say({ type: "error", code: "overloaded", message: "", retry_after_seconds: 1e9 });
  service.socket.shut(1013, "overloaded");
  await pass(10_000);
  expect(service.sockets.length).toBe(1);
});

describe("endings", () => {
  test.each([
    [1012, "restarting", 5000],
    [4408, "too_slow", 1000],
    [4409, "rotated", 100],
    [1006, "", 1000],
    [1000, "", 1000],
    [1001, "", 1000],
  ])("%i (%s): back within %i ms", async (code, reason, within) => {
    const page = await watching({ transports: ["websocket"] });
    await pass(6000);
    service.socket.shut(code, reason);
    await pass(within + 20);
    expect(service.sockets).toHaveLength(2);
    expect(page.connection.state).toBe("live");
  });

  test.each([
    [1013, "unavailable"],
    [4429, "limited"],
  ])("%i (%s): back after the seconds that were said", async (code, reason) => {
    const page = await watching({ transports: ["websocket"] });
    await pass(6000);
    service.socket.say({ type: "error", code: reason, message: "later", retry_after_seconds: 7 });
    service.socket.shut(code, reason);
    await pass(6900);
    expect(service.sockets).toHaveLength(1);
    await pass(1200);
    expect(page.connection.state).toBe("live");
  });

  test.each([
    [4403, "forbidden"],
    [4400, "bad_command"],
    [1002, "protocol_error"],
    [1000, "finished"],
  ])("%i (%s): not back, where there is no other way", async (code, reason) => {
    const page = await watching({ transports: ["websocket"] });
    service.socket.shut(code, reason);
    await pass(600_000);
    expect(service.sockets).toHaveLength(1);
    expect(page.connection).toMatchObject({ state: "closed", reason });
    expect(page.told("refused")).toBe(1);
    page.port.send({ op: "reconnect" });
    await pass(50);
    expect(page.connection.state).toBe("live");
  });

  test("a socket that something on the way spoils is given up for events at once", async () => {
    const page = await watching();
    service.socket.shut(1002, "");
    await pass(50);
    expect(page.connection).toMatchObject({ state: "degraded", transport: "events" });
  });

  test("a refused handshake is looked into: too many are told to wait, and the transport is not blamed", async () => {
    service.ways.websocket = "refused";
    service.answer = { status: 429, headers: { "retry-after": "9" } };
    const page = open();
    page.watch({});
    await pass(50);
    expect(page.connection).toMatchObject({ state: "reconnecting" });
    await pass(8900);
    expect(service.sockets).toHaveLength(1);
    [service.ways.websocket, service.answer] = ["up", null];
    await pass(1500);
    expect(page.connection).toMatchObject({ state: "live", transport: "websocket" });
  });
});
