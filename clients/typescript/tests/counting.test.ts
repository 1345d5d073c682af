// Items and streams, counted as they are done, and left alone otherwise.

import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { Gauge } from "../src/gauge.ts";
import { counting } from "../src/node.ts";
import { Phase } from "../src/phase.ts";
import { Work } from "../src/work.ts";

class Whole extends Work {
  readonly controller = new AbortController();
  readonly gauge = new Gauge();
  readonly signal = this.controller.signal;
}

function phase(total?: number): { gauge: Gauge; phase: Phase; controller: AbortController } {
  const whole = new Whole();
  const gauge = new Gauge(total);
  return { gauge, phase: new Phase(gauge, whole), controller: whole.controller };
}

async function* slowly<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item;
}

test("an item counts when it is done", () => {
  const { gauge, phase: { track }, phase: one } = phase();
  expect(track).toBeTypeOf("function");
  const seen = [];
  for (const item of one.track(["a", "b", "c"])) {
    expect(gauge.current).toBe(seen.length);
    seen.push(item);
  }
  expect(seen).toEqual(["a", "b", "c"]);
  expect(gauge).toMatchObject({ current: 3, total: 3 });
});

test("what was left or failed does not count, and the source is closed", () => {
  const { gauge, phase: one } = phase(10);
  let closed = 0;
  const source = function* (): Generator<number> {
    try { for (let n = 0; ; n++) yield n; } finally { closed++; }
  };
  for (const n of one.track(source())) if (n === 4) break;
  expect(() => { for (const n of one.track(source())) if (n === 2) throw new Error("bad row"); }).toThrow("bad row");
  expect(gauge).toMatchObject({ current: 6, total: 10 });
  expect(closed).toBe(2);
});

test("sizes are known where they can be, and added to what was done before", () => {
  const { gauge, phase: one } = phase();
  one.inc(2);
  for (const _ of one.track(new Set([1, 2, 3]))) continue;
  expect(gauge).toMatchObject({ current: 5, total: 5 });
  const other = phase();
  expect([...other.phase.track("añ🙂")]).toHaveLength(3);
  expect(other.gauge).toMatchObject({ current: 3, total: undefined });
});

test("an aborted job ends a loop by throwing, and closes its source", async () => {
  const { gauge, phase: one, controller } = phase();
  const run = (): void => {
    for (const n of one.track([1, 2, 3])) if (n === 2) controller.abort(new Error("stop"));
  };
  expect(run).toThrow("stop");
  expect(gauge.current).toBe(2);
  const late = async (): Promise<void> => { for await (const _ of one.track(slowly([1]))) continue; };
  await expect(late()).rejects.toThrow("stop");
});

test("an async source that hangs is left at once", async () => {
  const { gauge, phase: one, controller } = phase();
  let returned = false;
  const hanging: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => (gauge.current === 0 && !controller.signal.aborted
        ? Promise.resolve({ done: false as const, value: 1 })
        : new Promise<never>(() => {})),
      return: async () => { returned = true; return { done: true as const, value: undefined }; },
    }),
  };
  const loop = (async () => {
    for await (const _ of one.track(hanging)) queueMicrotask(() => setTimeout(() => controller.abort(new Error("stop")), 0));
  })();
  await expect(loop).rejects.toThrow("stop");
  expect([gauge.current, returned]).toEqual([1, true]);
});

test("an async loop counts, breaks and throws as the other does", async () => {
  const { gauge, phase: one } = phase();
  for await (const _ of one.track(slowly([1, 2, 3]))) continue;
  for await (const n of one.track(slowly([1, 2, 3]))) if (n === 3) break;
  expect(gauge.current).toBe(5);
  const fails = async function* (): AsyncGenerator<number> { yield 1; throw new Error("source"); };
  await expect((async () => { for await (const _ of one.track(fails())) continue; })()).rejects.toThrow("source");
  expect(gauge.current).toBe(6);
});

test("web streams are counted by bytes, or by chunks, and stopped", async () => {
  const { gauge, phase: one, controller } = phase();
  const bytes = new Blob(["añ🙂", "b"]).stream().pipeThrough(one.transform());
  expect(await new Response(bytes).text()).toBe("añ🙂b");
  expect(gauge.current).toBe(8);
  const rows = new ReadableStream<object>({
    start(rows) {
      for (const row of [1, 2]) rows.enqueue({ row });
      rows.close();
    },
  });
  await rows.pipeThrough(one.transform<object>("chunks")).pipeTo(new WritableStream());
  expect(gauge.current).toBe(10);
  controller.abort(new Error("stop"));
  await expect(new Response(new Blob(["x"]).stream().pipeThrough(one.transform())).text()).rejects.toThrow("stop");
});

test("Node's streams, too", async () => {
  const { gauge, phase: one, controller } = phase();
  const kept: Buffer[] = [];
  const keep = (): Writable => new Writable({ write(chunk: Buffer, _, done) { kept.push(chunk); done(); } });
  await pipeline(Readable.from([Buffer.from("abc"), Buffer.from("de")]), counting(one), keep());
  expect([gauge.current, Buffer.concat(kept).toString()]).toEqual([5, "abcde"]);
  await pipeline(Readable.from([{ row: 1 }, { row: 2 }]), counting(one, "chunks"), new Writable({ objectMode: true, write: (_, __, done) => done() }));
  expect(gauge.current).toBe(7);
  controller.abort(new Error("stop"));
  await expect(pipeline(Readable.from([Buffer.from("x")]), counting(one), keep())).rejects.toThrow("stop");
});
