// What a page is told, over one socket that works: merging, sharing, and how watches end. Time passes only where it is
// told to.

import { expect, test } from "vitest";
import { frame } from "./frame.ts";
import { open, Page } from "./page.ts";
import { pass, service, world } from "./world.ts";

world();

const subscribed = () => service.socket.heard.filter(({ op }) => op === "subscribe");

test("one socket for all watches, and not a single request beside it", async () => {
  service.put(frame("a"), frame("b"), frame("c", 1, { kind: "sync" }));
  const page = open();
  const watches = [
    page.watch({ job: "a" }),
    page.watch({ job: ["b", "a"] }),
    page.watch({ kind: "sync" }),
    page.watch({ job: "a" }),
  ];
  await pass(100);
  for (let n = 0; n < 20; n += 1) {
    service.ping();
    await pass(15_000);
  }
  expect(service.sockets).toHaveLength(1);
  expect(service.asked).toEqual([]);
  expect(subscribed().map(({ job, kind }) => job ?? kind)).toEqual([["a", "b"], "sync"]);
  for (const watch of watches) expect(page.told("synced", watch)).toBe(1);
  expect([...page.jobs.keys()].sort()).toEqual(["a", "b", "c"]);
  expect(page.connection).toMatchObject({ state: "live", transport: "websocket" });
});

test("many ids go in chunks of 200, and commands at the pace that the service takes", async () => {
  const ids = Array.from({ length: 450 }, (_, n) => `j${n}`);
  service.put(...ids.map((id) => frame(id)));
  const page = open();
  for (const id of ids) page.watch({ job: id });
  for (let n = 0; n < 40; n += 1) page.watch({ subject: `s${n}` });
  await pass(500);
  expect(service.socket.heard.length).toBeLessThan(20);
  await pass(5000);
  expect(subscribed()).toHaveLength(43);
  expect(
    subscribed()
      .slice(0, 3)
      .map(({ job }) => (job as string[]).length),
  ).toEqual([200, 200, 50]);
  expect(page.jobs.size).toBe(450);
  expect(page.told("synced")).toBe(490);
});

test("more selections than a socket bears become the whole project, and each still gets its own", async () => {
  service.put(frame("a", 1, { subject: "s7" }), frame("b", 1, { subject: "elsewhere" }));
  const page = open();
  for (let n = 0; n < 120; n += 1) page.watch({ subject: `s${n}` });
  await pass(10_000);
  expect(subscribed()).toHaveLength(1);
  expect(page.told("synced")).toBe(120);
  expect([...page.jobs.keys()]).toEqual(["a"]);
});

test("a later watch adds a subscription and leaves the others alone", async () => {
  service.put(frame("a"), frame("b"));
  const page = open();
  page.watch({ job: "a" });
  await pass(100);
  page.watch({ job: "b" });
  await pass(100);
  expect(subscribed().map(({ job }) => job)).toEqual([["a"], ["b"]]);
  expect(service.socket.heard.every(({ op }) => op === "subscribe")).toBe(true);
});

test("a second page of the same engine is given what is known, without asking", async () => {
  service.put(frame("a", 3));
  const first = open();
  first.watch({});
  await pass(100);
  const second = new Page(first.host);
  const watch = second.watch({});
  await pass(10);
  expect(second.version("a")).toBe(3);
  expect(second.told("synced", watch)).toBe(1);
  expect(subscribed()).toHaveLength(1);
  service.put(frame("a", 4));
  await pass(10);
  expect([first.version("a"), second.version("a")]).toEqual([4, 4]);
});

test("what one subscription brings is not said again by another, and still reaches the new watch", async () => {
  service.put(frame("a", 2));
  const page = open();
  page.watch({});
  await pass(100);
  const second = new Page(page.host);
  const watch = second.watch({ kind: "scan" });
  await pass(100);
  expect(second.version("a")).toBe(2);
  expect(second.told("synced", watch)).toBe(1);
});

test("frames that come in one turn are passed on together, those that come alone at once", async () => {
  service.put(frame("a"));
  const page = open();
  page.watch({});
  await pass(100);
  const before = page.told("frames");
  service.put(frame("a", 2), frame("b"), frame("c"));
  await pass(0);
  expect(page.told("frames")).toBe(before + 1);
  service.put(frame("a", 3));
  await pass(10);
  expect(page.version("a")).toBe(3);
});

test("an older version is dropped, and the same one is told once", async () => {
  service.put(frame("a", 5));
  const page = open();
  page.watch({});
  await pass(100);
  const before = page.told("frames");
  service.socket.say(frame("a", 4));
  service.socket.say(frame("a", 5));
  await pass(20);
  expect(page.told("frames")).toBe(before);
});

test("a job that leaves a selection is told once more, and an old frame does not bring it back", async () => {
  service.put(frame("a", 5));
  const page = open();
  page.watch({ status: "active" });
  await pass(100);
  service.put(frame("a", 6, { status: "completed" }));
  await pass(20);
  expect(page.jobs.get("a")?.status).toBe("completed");
  service.socket.say(frame("a", 4));
  await pass(20);
  expect(page.version("a")).toBe(6);
});

test("the end of all named jobs is told once, and stops all traffic", async () => {
  service.put(frame("a"), frame("b"));
  const page = open();
  const [a, both] = [page.watch({ job: "a" }), page.watch({ job: ["a", "b"] })];
  await pass(100);
  service.put(frame("a", 2, { status: "failed" }));
  await pass(2000);
  expect([page.told("finished", a), page.told("finished", both)]).toEqual([1, 0]);
  expect(service.socket.closedByClient).toBe(false);
  service.put(frame("b", 2, { status: "completed" }));
  await pass(2000);
  expect([page.told("finished", a), page.told("finished", both)]).toEqual([1, 1]);
  expect(service.socket.closedByClient).toBe(true);
  expect(page.connection).toMatchObject({ state: "closed", reason: null });
  await pass(600_000);
  expect(service.sockets).toHaveLength(1);
  expect(service.asked).toEqual([]);
  // Whoever asks again is answered from memory.
  const again = page.watch({ job: "a" });
  expect(page.told("finished", again)).toBe(1);
  await pass(1000);
  expect(service.sockets).toHaveLength(1);
});

test("a job that had ended before it was watched finishes the watch, too", async () => {
  service.put(frame("a", 9, { status: "cancelled" }));
  const page = open();
  const watch = page.watch({ job: "a", status: "active" });
  await pass(3000);
  expect(page.told("finished", watch)).toBe(1);
  expect(service.socket.closedByClient).toBe(true);
});

test("when nothing is watched any more the socket closes after a grace, and opens for the next watch", async () => {
  service.put(frame("a"));
  const page = open();
  const watch = page.watch({ job: "a" });
  await pass(100);
  page.unwatch(watch);
  await pass(500);
  const next = page.watch({ job: "a" }); // turned the page, and back
  await pass(2000);
  expect(service.socket.open).toBe(true);
  expect(subscribed()).toHaveLength(1);
  page.unwatch(next);
  await pass(2000);
  expect(service.socket.closedByClient).toBe(true);
  service.put(frame("a", 2));
  page.watch({ job: "a" });
  await pass(100);
  expect(service.sockets).toHaveLength(2);
  expect(page.version("a")).toBe(2);
});

test("a page that leaves takes its watches along", async () => {
  service.put(frame("a"));
  const page = open();
  page.watch({});
  await pass(100);
  page.port.close();
  page.watch({ job: "a" }); // is not heard any more
  await pass(2000);
  expect(service.socket.closedByClient).toBe(true);
});

test("a deleted job is told as gone to whoever could see it", async () => {
  service.put(frame("a"), frame("b", 1, { kind: "sync" }));
  const page = open();
  page.watch({ kind: "sync" });
  const other = new Page(page.host);
  const named = other.watch({ job: "a" });
  await pass(100);
  service.remove("a");
  await pass(20);
  expect(page.told("gone")).toBe(0);
  expect(other.updates).toContainEqual({ type: "gone", job: "a" });
  expect(other.told("finished", named)).toBe(1);
});

test("the tiles come to whoever wants them, by the same socket", async () => {
  service.put(frame("a"));
  const page = open();
  const other = new Page(page.host);
  other.watch({});
  page.port.send({ op: "summary", on: true });
  await pass(100);
  expect(page.updates).toContainEqual({ type: "summary", summary: service.summary() });
  expect(other.told("summary")).toBe(0);
  expect(service.sockets).toHaveLength(1);
  page.port.send({ op: "summary", on: false });
  await pass(100);
  expect(service.socket.heard.at(-1)).toMatchObject({ op: "unsubscribe" });
});

test("a service that cannot vouch for what it shows says so, and since when", async () => {
  const page = open();
  page.watch({});
  await pass(100);
  service.socket.say({ type: "stale", since: "2026-11-20T15:59:00.000Z" });
  expect(page.connection).toMatchObject({ state: "live", staleSince: "2026-11-20T15:59:00.000Z" });
  service.socket.say({ type: "fresh" });
  expect(page.connection).toMatchObject({ state: "live", staleSince: null });
});

test("what a merged subscription still covers is given again to whoever comes back to it", async () => {
  service.put(frame("a"), frame("b", 3));
  const page = open();
  page.watch({ job: "a" });
  const b = page.watch({ job: "b" });
  await pass(100);
  page.unwatch(b);
  await pass(3000);
  const second = new Page(page.host);
  second.watch({ job: "b" });
  await pass(3000);
  expect(second.version("b")).toBe(3);
});

test("a job that has left a selection is given to whoever watches it by its name", async () => {
  service.put(frame("a"));
  const page = open();
  page.watch({ status: "active" });
  await pass(100);
  service.put(frame("a", 5, { status: "completed" }));
  await pass(100);
  const second = new Page(page.host);
  const w = second.watch({ job: "a" });
  await pass(3000);
  expect(second.version("a")).toBe(5);
  expect(second.told("finished", w)).toBe(1);
});

test("a late frame does not bring back what is gone", async () => {
  service.put(frame("a", 7, { status: "completed" }));
  const page = open();
  page.watch({});
  await pass(100);
  service.remove("a");
  service.socket.say(frame("a", 7, { status: "completed" }));
  await pass(100);
  expect(page.version("a")).toBeUndefined();
});
