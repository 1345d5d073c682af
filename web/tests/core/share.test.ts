// One connection for all tabs of an origin: who holds it, and what becomes of the others when that one goes.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { assemble } from "../../src/assemble.ts";
import { createTokenSource } from "../../src/token-source.ts";
import type { ProgressClient } from "../../src/client.ts";
import { identityOf } from "../../src/share/identity.ts";
import { createShared } from "../../src/share/share.ts";
import { BEAT } from "../../src/share/wire.ts";
import { ended, fakeHost, running, type FakeHost } from "../support/host.ts";
import { createOrigin, type Tab } from "../support/tabs.ts";

interface Opened {
  readonly tab: Tab;
  readonly client: ProgressClient;
  /** What this tab would hold the connection with. */
  readonly host: FakeHost;
  readonly seen: string[];
  token: string | null;
}

let origin: ReturnType<typeof createOrigin>;
let all: Opened[];

beforeEach(() => {
  vi.useFakeTimers();
  origin = createOrigin();
  all = [];
});

afterEach(async () => {
  for (const { tab, client } of all) tab.run(() => client.close());
  await turn();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const turn = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10);
const holders = (): Opened[] => all.filter(({ host }) => host.open() > 0);

function jwt(claims: object): string {
  return `x.${btoa(JSON.stringify(claims)).replaceAll("=", "")}.y`;
}

async function open(token: string | null = null, project = "acme"): Promise<Opened> {
  const tab = origin.tab();
  const opened: Opened = tab.run(() => {
    const host = fakeHost();
    const options = { url: "", project, token: async () => self.token };
    const bearer = createTokenSource(options.token);
    const client = assemble(options, createShared(options, bearer, (ask) => ({
      attach(listener) {
        void ask().then((given) => self.seen.push(`token ${given}`));
        return host.attach(listener);
      },
    })), bearer);
    const self: Opened = { tab, client, host, seen: [], token };
    client.watch("a", { onJob: (job) => self.seen.push(`${job.id}${job.version}`), onSettled: (job) => self.seen.push(job.status) });
    return self;
  });
  all.push(opened);
  await turn();
  return opened;
}

describe("a leader among the tabs", () => {
  it("holds the one connection, and the others hear through it", async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    expect(holders()).toEqual([one]);
    expect(one.host.open()).toBe(3);
    one.host.give(running("a", 2));
    await turn();
    for (const { seen } of [one, two, three]) expect(seen).toContain("a2");
  });

  it("is followed by the next when it is closed, and nothing is lost or said twice", async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    one.host.give(running("a", 2));
    await turn();
    one.tab.run(() => one.client.close());
    await turn();
    expect(holders()).toEqual([two]);
    expect(two.host.ops("watch")).toHaveLength(2);
    two.host.give(running("a", 2), ended("a", 5));
    await turn();
    const jobs = (seen: string[]): string[] => seen.filter((line) => !line.startsWith("token"));
    for (const { seen } of [two, three]) expect(jobs(seen)).toEqual(["a2", "a5", "completed"]);
  });

  it("is followed by the next when it crashes", async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    one.tab.crash();
    await turn();
    expect(two.host.open()).toBe(2);
    two.host.give(ended("a", 5));
    await turn();
    expect(three.seen).toContain("completed");
  });

  it("is deposed when it is frozen, and follows when it thaws", async () => {
    const [one, two] = [await open(), await open()];
    one.tab.freeze();
    await vi.advanceTimersByTimeAsync(BEAT * 8);
    expect(two.host.open()).toBe(1);
    one.tab.thaw();
    await turn();
    expect(one.host.open()).toBe(0);
    expect(two.host.open()).toBe(2);
    two.host.give(ended("a", 5));
    await turn();
    expect(one.seen).toContain("completed");
    await vi.advanceTimersByTimeAsync(BEAT * 20);
    expect(holders()).toEqual([two]);
  });

  it("may be asked for something while nobody leads", async () => {
    const [one, two] = [await open(), await open()];
    one.tab.freeze();
    const live = { state: "live", transport: "websocket", heardAt: 1, staleSince: null } as const;
    one.host.say({ type: "connection", connection: live });
    await turn();
    expect(two.client.connection.getSnapshot().state).toBe("live");
    await vi.advanceTimersByTimeAsync(BEAT * 3 + 100);
    expect(two.client.connection.getSnapshot().state).toBe("connecting");
    const seen: number[] = [];
    two.tab.run(() => two.client.watch("b", { onJob: ({ version }) => seen.push(version) }));
    await vi.advanceTimersByTimeAsync(BEAT * 8);
    two.host.give(running("b", 4));
    await turn();
    expect(seen).toEqual([4]);
  });

  it("notices tabs that are gone, however they went", async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    two.tab.crash();
    three.tab.run(() => three.client.close());
    await turn();
    expect(one.host.open()).toBe(1);
  });

  it("lets go of a frozen tab in the end, which comes back when it thaws", async () => {
    const [one, two] = [await open(), await open()];
    two.tab.freeze();
    await vi.advanceTimersByTimeAsync(BEAT * 100);
    expect(one.host.open()).toBe(1);
    two.tab.thaw();
    await vi.advanceTimersByTimeAsync(BEAT * 10);
    expect(one.host.open()).toBe(2);
    expect(holders()).toEqual([one]);
  });

  it("keeps its place while nothing happens", async () => {
    const [one] = [await open(), await open()];
    await vi.advanceTimersByTimeAsync(BEAT * 200);
    expect(holders()).toEqual([one]);
    expect(one?.host.ops("watch")).toHaveLength(2);
  });
});

describe("a page alone", () => {
  it("is what remains where there are no locks", async () => {
    const request = (): Promise<never> => Promise.reject(new DOMException("no", "SecurityError"));
    vi.stubGlobal("navigator", { locks: { request }, onLine: true });
    const [one, two] = [await open(), await open()];
    expect(holders()).toEqual([one, two]);
    one.host.give(running("a", 2));
    await turn();
    expect(one.seen).toContain("a2");
  });
});

describe("the back/forward cache", () => {
  it("finds nothing open, and the page asks anew when it is shown again", async () => {
    const one = await open();
    window.dispatchEvent(new Event("pagehide"));
    await turn();
    expect(one.host.open()).toBe(0);
    one.tab.run(() => window.dispatchEvent(new Event("pageshow")));
    await turn();
    expect(one.host.open()).toBe(1);
    expect(one.host.ops("watch")).toHaveLength(2);
  });
});

describe("credentials", () => {
  it("of different people never share, of one person do, whatever the times of the tokens", async () => {
    const ann = await open(jwt({ sub: "ann", projects: ["acme"], exp: 100 }));
    const bob = await open(jwt({ sub: "bob", projects: ["acme"], exp: 100 }));
    const again = await open(jwt({ projects: ["acme"], sub: "ann", exp: 900, iat: 5 }));
    const narrow = await open(jwt({ sub: "ann", projects: ["acme"], exp: 100, owners: ["ann"] }));
    const opaque = await open("opaque");
    expect(holders()).toEqual([ann, bob, narrow, opaque]);
    expect(ann.host.open()).toBe(2);
    ann.host.give(running("a", 2));
    await turn();
    expect([again, bob, narrow, opaque].map(({ seen }) => seen.includes("a2"))).toEqual([true, false, false, false]);
  });

  it("of another project never share", async () => {
    await open(null, "acme");
    await open(null, "other");
    expect(holders()).toHaveLength(2);
  });

  it("that change take the page along", async () => {
    const [one, two] = [await open(jwt({ sub: "ann" })), await open(jwt({ sub: "ann" }))];
    one.token = jwt({ sub: "bob" });
    one.tab.run(() => window.dispatchEvent(new Event("pagehide")));
    for (const { tab } of all) tab.run(() => window.dispatchEvent(new Event("pageshow")));
    await turn();
    await vi.advanceTimersByTimeAsync(BEAT * 4);
    expect(holders()).toHaveLength(2);
    expect(one.seen.at(-1)).toBe(`token ${one.token}`);
    expect(two.seen.join()).not.toContain(one.token);
  });

  it("are named by what they allow", () => {
    expect(identityOf(null)).toBe("");
    expect(identityOf("opaque")).toBeNull();
    expect(identityOf(jwt({ sub: "a", exp: 1, jti: "x" }))).toBe(identityOf(jwt({ exp: 2, sub: "a" })));
    expect(identityOf(jwt({ sub: "a", scope: "watch" }))).not.toBe(identityOf(jwt({ sub: "a" })));
  });
});
