// Whatever happens to the connection, and in whatever order: in the end every store shows what the service holds, no
// version ever went back, and each ending was told once.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { assemble } from "../../src/assemble.ts";
import { createTokenSource } from "../../src/token-source.ts";
import { createEngine } from "../../src/engine.ts";
import type { TransportName } from "../../src/connection.ts";
import { isTerminal, type Selector, type Status } from "../../src/job.ts";
import type { Host } from "../../src/port.ts";
import { frame, selects } from "./frame.ts";
import { Service } from "./service.ts";

const pass = (time: number) => vi.advanceTimersByTimeAsync(time);

/** Numbers that look random, and are the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const IDS = Array.from({ length: 8 }, (_, n) => `j${n}`);
const SELECTORS: readonly Selector[] = [
  {}, { status: "active" }, { kind: "scan" }, { kind: "sync", status: "active" }, { job: "j0" },
  { job: ["j0", "j1", "j2"] }, { job: ["j1", "j5"] }, { status: "completed" }, { job: IDS },
];
const WAYS: readonly TransportName[] = ["websocket", "events", "polling"];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function run(seed: number): Promise<void> {
  const random = numbers(seed);
  const below = (most: number): number => Math.floor(random() * most);
  const any = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  vi.spyOn(Math, "random").mockImplementation(random);
  vi.spyOn(AbortSignal, "timeout").mockImplementation((time) => {
    const late = new AbortController();
    setTimeout(() => late.abort(), time);
    return late.signal;
  });
  const service = new Service();
  const options = { url: "http://service.test", project: "acme" };
  // The holder of the connection may change, as where another tab takes over.
  let change = (): void => {};
  const host: Host = {
    attach(listener) {
      let port = createEngine(options).attach(listener);
      change = () => {
        port.close();
        port = createEngine(options).attach(listener);
        listener({ type: "detached" });
      };
      return { send: (command) => port.send(command), close: () => port.close() };
    },
  };
  const client = assemble(options, host, createTokenSource(undefined));

  const endings: string[] = [];
  const removed = new Set<string>();
  const settled: string[] = [];
  const held = new Map<number, () => void>();
  const newest = new Map<string, number>();
  const kindOf = (id: string): string => (Number(id.slice(1)) % 2 ? "scan" : "sync");
  const made = IDS.map((id) => frame(id, 1, { kind: kindOf(id) }));
  service.put(...made);

  client.on("*:completed", ({ job }) => endings.push(job.id));
  client.watch({}, { onSettled: ({ id }) => settled.push(id), onJob(job) {
    expect(job.version).toBeGreaterThan(newest.get(job.id) ?? 0);
    newest.set(job.id, job.version);
  } });
  await pass(1000);

  const take = (at: number): void => {
    const store = client.jobs(SELECTORS[at]);
    const seen = new Map<string, number>();
    held.set(at, store.subscribe(() => {
      for (const { id, version } of store.getSnapshot().jobs) {
        expect(version).toBeGreaterThanOrEqual(seen.get(id) ?? 0);
        seen.set(id, version);
      }
    }));
  };
  const drop = (at: number): void => {
    held.get(at)?.();
    held.delete(at);
  };

  for (let step = 0; step < 60; step += 1) {
    const what = below(14);
    if (what < 5) {
      const id = any(IDS);
      const data = service.jobs.get(id)?.frame.data;
      if (!data) continue;
      const status: Status = random() < 0.15 ? "completed" : "running";
      if (!isTerminal(data.status)) service.put(frame(id, data.version + 1 + below(3), { kind: kindOf(id), status }));
    } else if (what < 7) service.cut();
    else if (what === 7) {
      service.cut(); // a service that pings, and heeds nothing, there is none
      service.ways[any(WAYS)] = any(["up", "refused", "mute"] as const);
    }
    else if (what === 8) service.all("up");
    else if (what === 9) service.oldest = below(service.revision + 1);
    else if (what === 10) {
      const over = [...service.jobs.values()].map((one) => one.frame.data).filter((one) => isTerminal(one.status));
      const one = random() < 0.5 && any(over);
      if (!one) change();
      else if (endings.includes(one.id)) {
        service.remove(one.id);
        removed.add(one.id);
      }
    } else {
      const at = below(SELECTORS.length);
      if (held.has(at)) drop(at);
      else take(at);
    }
    if (random() < 0.3) service.ping();
    await pass(any([0, 1, 2, 50, 600, 1500, 4000, 12_000]));
  }

  service.all("up");
  client.reconnect();
  SELECTORS.forEach((_, at) => held.has(at) || take(at));
  for (let n = 0; n < 12; n += 1) {
    await pass(10_000);
    service.ping();
  }
  SELECTORS.forEach((selector, at) => {
    const { status, ...rest } = selector;
    const spelled: Selector = status === "active" ? { ...rest, status: ["queued", "running", "cancelling"] } : selector;
    const truth = [...service.jobs.values()].map((one) => one.frame).filter((one) => selects(spelled, one));
    const shown = client.jobs(SELECTORS[at]).getSnapshot();
    // Whoever names a job that is gone already is refused.
    if (shown.error) return expect([selector.job ?? []].flat().some((id) => removed.has(id))).toBe(true);
    // An ended job that was deleted while nothing was heard may still be shown: a cursor passes over it.
    const jobs = shown.jobs.filter(({ id }) => !removed.has(id));
    expect(jobs.map(({ id, version }) => `${id} ${version}`).sort(), JSON.stringify(selector)).toEqual(
      truth.map(({ data }) => `${data.id} ${data.version}`).sort(),
    );
    expect(shown.synced, JSON.stringify(selector)).toBe(true);
  });
  const ended = [...service.jobs.values()].map((one) => one.frame.data).filter((one) => isTerminal(one.status));
  const ids = ended.map(({ id }) => id).sort();
  expect(endings.sort()).toEqual([...ids, ...removed].sort());
  expect(settled.sort()).toEqual([...ids, ...removed].sort());
  client.close();
  await pass(60_000);
  expect(vi.getTimerCount()).toBe(0);
}

test.each(Array.from({ length: Number(process.env["SEEDS"] ?? 200) }, (_, n) => n + 1))("seed %i", run, 60_000);
