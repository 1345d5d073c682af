// The worker that holds the connection for all tabs, and pages that find it, lose it, or do without.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { assemble } from "../../src/assemble.ts";
import { createTokenSource } from "../../src/token-source.ts";
import type { ProgressClient } from "../../src/client.ts";
import { createShared } from "../../src/share/share.ts";
import { BEAT } from "../../src/share/wire.ts";
import { fakeHost, running, type FakeHost } from "../support/host.ts";
import { createOrigin, type Origin, type Tab } from "../support/tabs.ts";

interface Made {
  readonly settings: { readonly url: string; readonly token?: () => Promise<string | null> };
  readonly host: FakeHost;
}

const made: Made[] = [];
vi.mock("../../src/engine.ts", () => ({
  createEngine(settings: Made["settings"]) {
    const host = fakeHost();
    made.push({ settings, host });
    return host;
  },
}));

let origin: Origin;
let home: Tab;
let connect: (event: object) => void;
let pages: { tab: Tab; client: ProgressClient; alone: FakeHost; seen: number[] }[];

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  made.length = 0;
  pages = [];
  origin = createOrigin();
  home = origin.tab();
  vi.stubGlobal("addEventListener", (_: string, heard: typeof connect) => (connect = heard));
  await import("../../src/worker.ts");
});

afterEach(async () => {
  for (const { tab, client } of pages) tab.run(() => client.close());
  await turn();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const turn = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10);

function jwt(sub: string): string {
  return `x.${btoa(JSON.stringify({ sub })).replaceAll("=", "")}.y`;
}

async function page(token: string | null, worker: "works" | "mute" | "none" = "works") {
  const tab = origin.tab();
  const give = vi.fn(async () => token);
  const seen: number[] = [];
  const alone = fakeHost();
  const share = (): SharedWorker => {
    if (worker === "none") throw new DOMException("no workers", "SecurityError");
    const [port, far] = origin.pipe(tab, home);
    const event: object = Object.create(MessageEvent.prototype, { ports: { value: [far] } });
    if (worker === "works") home.run(() => connect(event));
    return { port, onerror: null } as unknown as SharedWorker;
  };
  const options = { url: "http://service", project: "acme", share, token: give };
  const client = tab.run(() => {
    const bearer = createTokenSource(give);
    const client = assemble(options, createShared(options, bearer, () => alone), bearer);
    client.watch("a", { onJob: (job) => seen.push(job.version) });
    return client;
  });
  const opened = { tab, client, alone, seen, give };
  pages.push(opened);
  await turn();
  return opened;
}

it("holds one connection for those who share credentials, and another for others", async () => {
  const [ann, again, bob] = [await page(jwt("ann")), await page(jwt("ann")), await page(jwt("bob"))];
  expect(made.map(({ host }) => host.open())).toEqual([2, 1]);
  made[0]?.host.give(running("a", 2));
  await turn();
  expect([ann.seen, again.seen, bob.seen]).toEqual([[2], [2], []]);
});

it("gets its tokens from the pages that live", async () => {
  const [one, two] = [await page(jwt("ann")), await page(jwt("ann"))];
  two.tab.freeze();
  let token: string | null | undefined;
  home.run(() => void made[0]?.settings.token?.().then((given) => (token = given)));
  await vi.advanceTimersByTimeAsync(10_100);
  expect(token).toBe(jwt("ann"));
  // Once to find those who share, and once for the connection.
  expect(one.give).toHaveBeenCalledTimes(2);
  two.tab.crash();
  await turn();
  expect(made[0]?.host.open()).toBe(1);
});

it("takes back a page that it had taken for frozen", async () => {
  const one = await page(jwt("ann"));
  one.tab.freeze();
  await vi.advanceTimersByTimeAsync(BEAT * 100);
  expect(made[0]?.host.open()).toBe(0);
  one.tab.thaw();
  await vi.advanceTimersByTimeAsync(BEAT * 10);
  expect(made[0]?.host.open()).toBe(1);
  expect(one.alone.open()).toBe(0);
});

it.each(["mute", "none"] as const)("is done without where it is %s", async (worker) => {
  const [one, two] = [await page(jwt("ann"), worker), await page(jwt("ann"), worker)];
  await vi.advanceTimersByTimeAsync(BEAT * 4);
  expect(one.alone.open() + two.alone.open()).toBe(2);
  expect([one, two].filter(({ alone }) => alone.open() > 0)).toHaveLength(1);
  for (const { alone } of [one, two]) alone.give(running("a", 3));
  await turn();
  expect([one.seen, two.seen]).toEqual([[3], [3]]);
});
