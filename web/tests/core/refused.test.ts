// What is wrong stays with whoever asked for it: unknown jobs, selections that are none, frames that are none.

import { expect, test } from "vitest";
import { frame } from "./frame.ts";
import { open } from "./page.ts";
import { pass, service, world } from "./world.ts";

world();

test("an unknown job is refused to whoever asked for it, and to nobody else", async () => {
  service.put(frame("a"));
  const page = open();
  const good = page.watch({ job: "a" });
  await pass(100);
  const bad = page.watch({ job: "nobody" });
  await pass(100);
  expect(page.updates).toContainEqual({ type: "refused", watch: bad, code: "not_found", detail: "no such job" });
  service.put(frame("a", 2));
  await pass(20);
  expect(page.version("a")).toBe(2);
  expect(page.told("refused", good)).toBe(0);
  expect(service.asked).toEqual([]);
  service.put(frame("nobody")); // is created now
  const again = page.watch({ job: "nobody" });
  await pass(100);
  expect(page.told("synced", again)).toBe(1);
});

test("among ids that were asked for as one, the unknown one is found", async () => {
  const ids = Array.from({ length: 30 }, (_, n) => `j${n}`);
  service.put(...ids.map((id) => frame(id)));
  const page = open();
  const bad = page.watch({ job: "nobody" });
  const good = ids.map((id) => page.watch({ job: id }));
  await pass(2000);
  expect(page.told("refused", bad)).toBe(1);
  expect(page.told("refused")).toBe(1);
  for (const watch of good) expect(page.told("synced", watch)).toBe(1);
  expect(service.sockets).toHaveLength(1);
});

test("what the service could only call malformed is not sent", async () => {
  const page = open();
  page.watch({ job: "../etc" });
  page.watch({ job: "" });
  page.watch({ kind: "a b" });
  await pass(100);
  expect(page.updates.filter(({ type }) => type === "refused")).toMatchObject([
    { code: "malformed" },
    { code: "malformed" },
    { code: "malformed" },
  ]);
  expect(service.sockets).toEqual([]);
});

test("no ids at all select nothing, and not everything", async () => {
  const page = open();
  const watch = page.watch({ job: [] });
  await pass(3000);
  expect([page.told("synced", watch), page.told("finished", watch)]).toEqual([1, 1]);
  expect(service.sockets).toEqual([]);
});

test("a bad frame is reported and dropped, and what follows is not lost", async () => {
  service.put(frame("a"));
  const log: (readonly unknown[])[] = [];
  const page = open({ debug: (...line) => log.push(line) });
  page.watch({});
  await pass(100);
  const bad = [
    { ...frame("a", 2), data: null },
    { type: "scan:progress" },
    { ...frame("a", 2), data: { ...frame("a", 2).data, version: "2" } },
  ];
  for (const one of bad) service.socket.say(one);
  service.socket.say("{not json");
  service.socket.say("[]");
  service.put(frame("a", 3));
  await pass(20);
  expect(page.version("a")).toBe(3);
  expect(log.filter(([what]) => what === "dropped")).toHaveLength(5);
  expect(page.connection.state).toBe("live");
});

test("while the service wants to be left alone, it is not asked which id is the unknown one", async () => {
  service.put(frame("a"));
  const page = open();
  page.watch({ job: "a" });
  page.watch({ job: "nope" });
  service.answer = { status: 429, body: { code: "limited" }, headers: { "retry-after": "5" } };
  await pass(30_000);
  expect(service.asked.length).toBeLessThan(20);
  service.answer = null;
  await pass(30_000);
  expect(page.told("refused")).toBe(1);
});

test("the unknown ids are looked for with the token of now", async () => {
  let n = 0;
  const jwt = () => {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${part({ alg: "HS256" })}.${part({ n: ++n, iat: now, exp: now + 100 })}.c2ln`;
  };
  const page = open({ token: async () => { const t = jwt(); service.tokens = [t]; return t; } });
  service.put(frame("a"));
  page.watch({ job: "a" });
  for (let i = 0; i < 9; i++) { await pass(10_000); service.ping(); }
  expect(n).toBe(2);
  page.watch({ job: "x" });
  page.watch({ job: "y" });
  await pass(5000);
  expect(page.told("refused")).toBe(2);
  expect(service.asked.length).toBeLessThan(10);
});
