// Tokens: asked for each connection, renewed in time, and what happens when one is refused.

import { beforeEach, describe, expect, test, vi } from "vitest";
import type { TransportName } from "../../src/connection.ts";
import { createProgressClient } from "../../src/create.ts";
import { refreshIn } from "../../src/token.ts";
import { frame } from "./frame.ts";
import { open, type Page } from "./page.ts";
import { pass, service, world } from "./world.ts";

world(new Date("2026-11-20T16:00:00Z"));
beforeEach(() => service.put(frame("a")));

/** A token that lives so many seconds from now. */
function jwt(seconds: number, name = "u-ü?>"): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256" })}.${part({ sub: name, iat: now, exp: now + seconds })}.c2ln`;
}

async function watching(transport: TransportName, token: () => Promise<string | null>): Promise<Page> {
  const page = open({ transports: [transport], token });
  page.watch({});
  await pass(100);
  return page;
}

test("its life is read from the token, as far as it tells", () => {
  const now = Date.now();
  expect(refreshIn(jwt(100), now)).toBe(80_000);
  expect(refreshIn(jwt(100), now + 50_000)).toBe(30_000);
  expect(refreshIn(jwt(100), now + 90_000)).toBe(5000); // is late already, but not in a loop
  expect(refreshIn(jwt(100), now + 100_000)).toBe(80_000); // this clock is ahead: the service has taken it
  expect(refreshIn(jwt(100), now - 3_600_000)).toBe(80_000); // or behind
  expect(refreshIn(jwt(100), now + 90_000, true)).toBe(80_000); // it was given just now, and cannot be so old
  expect(refreshIn(jwt(1e9), now)).toBeLessThan(2 ** 31);
  for (const odd of [null, "", "opaque", "a.b.c", "a.bnVsbA.c", "a.W10.c", "a.e30.c"])
    expect(refreshIn(odd, now)).toBeNull();
});

describe.each(["websocket", "events", "polling"] as const)("by %s", (transport) => {
  const shown = () =>
    transport === "websocket"
      ? service.sockets.map(({ protocols }) => protocols[1])
      : service.asked.map(({ authorization }) => authorization?.replace("Bearer ", "bearer."));

  test("the token is shown, and never in an address", async () => {
    const token = jwt(3600);
    service.tokens = [token];
    const page = await watching(transport, () => Promise.resolve(token));
    expect(page.version("a")).toBe(1);
    expect(shown()).toEqual(shown().map(() => `bearer.${token}`));
    expect(service.sockets.every(({ url }) => !url.includes(token))).toBe(true);
    expect(JSON.stringify(service.asked.map(({ query }) => query))).not.toContain(token);
  });

  test("it is renewed at 80 % of its life, and nothing is lost or said twice", async () => {
    let given = 0;
    const page = await watching(transport, () => {
      given += 1;
      const token = jwt(100, `n${given}`);
      service.tokens = [...(service.tokens ?? []), token].slice(-2);
      return Promise.resolve(token);
    });
    for (let second = 0; second < 300; second += 5) {
      await pass(5000);
      service.ping();
      service.put(frame("a", 2 + second));
    }
    await pass(3000);
    expect(given).toBe(4);
    expect(page.version("a")).toBe(297);
    expect(page.states).toEqual(["closed", "connecting", "live"]);
    expect([page.told("synced"), page.told("reset")]).toEqual([1, 0]);
    if (transport === "websocket") {
      expect(service.sockets).toHaveLength(1);
      expect(service.socket.heard.filter(({ op }) => op === "auth")).toHaveLength(3);
    }
  });

  test("a refused token is not shown again; with another one it goes on by itself", async () => {
    let token: string | null = "old.e30.x";
    service.tokens = ["new.e30.x"];
    const page = await watching(transport, () => Promise.resolve(token));
    expect(page.connection.state).toBe("unauthorized");
    const tries = shown().length;
    await pass(120_000);
    expect(shown()).toHaveLength(tries);
    token = "new.e30.x";
    await pass(31_000);
    expect(page.connection.state).toBe("live");
    expect(page.version("a")).toBe(1);
  });

  test("guesses are made at growing distances", async () => {
    let guess = 0;
    service.tokens = ["right.e30.x"];
    const page = await watching(transport, () => Promise.resolve(`guess${(guess += 1)}.e30.x`));
    await pass(60_000);
    expect(page.connection.state).toBe("unauthorized");
    expect(new Set(shown()).size).toBeLessThan(12);
    service.tokens = [`guess${guess + 1}.e30.x`];
    await pass(31_000);
    expect(page.connection.state).toBe("live");
  });

  test("without any token it waits for one", async () => {
    let token: string | null = null;
    service.tokens = ["new.e30.x"];
    const page = await watching(transport, () => Promise.resolve(token));
    expect(page.connection.state).toBe("unauthorized");
    token = "new.e30.x";
    await pass(31_000);
    expect(page.connection.state).toBe("live");
    expect(page.states).not.toContain("offline");
  });

  test("a token that ends while it is watched is replaced, and what was watched goes on from its cursor", async () => {
    const tokens = ["one.e30.x", "two.e30.x"];
    service.tokens = ["one.e30.x"];
    const page = await watching(transport, () => Promise.resolve(tokens[0] ?? null));
    await pass(6000);
    [service.tokens, tokens[0]] = [["two.e30.x"], "two.e30.x"];
    service.put(frame("a", 2));
    if (transport === "websocket") service.socket.shut(4401, "unauthorized");
    if (transport === "events") service.streams.at(-1)?.end("unauthorized");
    await pass(8000);
    expect(page.connection.state).toBe("live");
    expect(page.version("a")).toBe(2);
    expect(page.told("reset")).toBe(0);
  });
});

test.each(["websocket", "events", "polling"] as const)("no log and no address tells it: %s", async (transport) => {
  let given = 0;
  const lines: unknown[] = [];
  const client = createProgressClient({
    url: "http://service.test",
    project: "acme",
    transports: [transport],
    debug: (...line) => lines.push(line),
    token: () => {
      given += 1;
      const token = jwt(50 * given).replace(/c2ln$/, "SECRET");
      service.tokens = given === 2 ? [] : [token];
      return Promise.resolve(token);
    },
  });
  const done = client.wait("a");
  for (let n = 0; n < 20; n += 1) {
    await vi.dynamicImportSettled();
    await pass(5000);
    service.ping();
  }
  service.cut();
  service.put(frame("a", 4, { status: "completed" }));
  await pass(60_000);
  expect(given).toBeGreaterThan(1);
  expect(lines.length).toBeGreaterThan(3);
  expect(JSON.stringify(lines)).not.toContain("SECRET");
  expect(JSON.stringify(service.asked.map(({ path, query }) => [path, query]))).not.toContain("SECRET");
  expect(service.sockets.every(({ url }) => !url.includes("SECRET"))).toBe(true);
  expect((await done).version).toBe(4);
  client.close();
});

test("a clock that is wrong makes no loop of it", async () => {
  for (const wrong of [-86_400, -3000, 3000, 86_400]) {
    let asked = 0;
    const seconds = Math.floor(Date.now() / 1000) - wrong;
    const page = await watching("websocket", () => {
      asked += 1;
      const times = { iat: seconds + asked, exp: seconds + asked + 3600 };
      return Promise.resolve(`x.${btoa(JSON.stringify(times))}.x`);
    });
    for (let n = 0; n < 240; n += 1) {
      await pass(15_000);
      service.ping();
    }
    expect(asked).toBeLessThan(8);
    page.port.close();
    await pass(2000);
  }
});

test("whoever cannot give a token now is asked again", async () => {
  let broken = true;
  const page = await watching("websocket", () =>
    broken ? Promise.reject(new Error("offline")) : Promise.resolve("t.e30.x"),
  );
  expect(page.connection.state).toBe("reconnecting");
  expect(service.sockets).toEqual([]);
  broken = false;
  await pass(5000);
  expect(page.connection.state).toBe("live");
});

test("an answer that comes after nobody watches any more opens nothing", async () => {
  let answer = (_: string) => {};
  const page = open({
    token: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  const watch = page.watch({});
  await pass(100);
  page.unwatch(watch);
  await pass(1500);
  answer("t.e30.x");
  await pass(1000);
  expect(service.sockets).toEqual([]);
  expect(page.connection.state).toBe("closed");
});
