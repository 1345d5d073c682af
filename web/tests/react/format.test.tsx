// Words, numbers and times as people read them, and the service's clock.

import { afterEach, expect, test, vi } from "vitest";
import { clockOf } from "../../src/display/clock.ts";
import * as format from "../../src/display/format.ts";
import { aJob, fakeClient } from "../support/fake-client.ts";

afterEach(() => void vi.useRealTimers());

const NOON = Date.parse("2026-03-01T12:00:00.000Z");
const at = (seconds: number) => new Date(NOON + seconds * 1000).toISOString();

test("names", () => {
  expect(format.words("feed:sync")).toBe("feed sync");
  expect(format.words("not_started")).toBe("not started");
  expect(format.heading("csv:import")).toBe("Csv import");
  expect(format.nameOf({ title: null, kind: "feed:sync" })).toBe("Feed sync");
});

test.each([
  [0, "0 s"], [0.44, "0.4 s"], [9.96, "10 s"], [59.4, "59 s"], [60, "1 min"], [80, "1 min 20 s"],
  [7500, "2 h 5 min"], [273_600, "3 d 4 h"], [-5, "0 s"],
])("%d seconds read as %s", (seconds, text) => expect(format.duration(seconds)).toBe(text));

test("counts, percents and rates", () => {
  expect(format.amount({ current: 1500, total: 3000, unit: "rules" })).toBe("1,500 of 3,000 rules");
  expect(format.amount({ current: 1500, total: null, unit: null })).toBe("1,500");
  expect(format.amount({ current: 0, total: null, unit: "rules" })).toBe("");
  expect(format.amount({ current: 3_472_670, total: 4_071_453, unit: "bytes" })).toBe("3.47 MB of 4.07 MB");
  expect([0, 999, 1000, 5e15].map(format.bytes)).toEqual(["0 B", "999 B", "1 kB", "5,000 TB"]);
  expect(format.rate(414_997, "bytes")).toBe("415 kB/s");
  expect(format.percent(99.9)).toBe("99%");
  expect(format.percent(null)).toBe("");
  expect([312.5, 3.21, 0.5, 0.004, 0].map((value) => format.rate(value, "rules"))).toEqual([
    "313 rules/s", "3.21 rules/s", "30 rules/min", "14.4 rules/h", "",
  ]);
});

test("ages, what is left, and how long it ran", () => {
  expect([1, 12, 300, 7200, 200_000].map((s) => format.ago(at(-s), NOON))).toEqual([
    "just now", "12 s ago", "5 min ago", "2 h ago", "2 d ago",
  ]);
  const running = { status: "running", stalled_at: null, eta: { seconds: 65, finish_at: at(65) } } as const;
  expect(format.remaining(running, NOON)).toBe("1 min 5 s left");
  expect(format.remaining(running, NOON + 70_000)).toBe("any moment now");
  expect(format.remaining({ ...running, stalled_at: at(0) }, NOON)).toBe("");
  expect(format.elapsed({ started_at: at(-80), finished_at: null }, NOON)).toBe("1 min 20 s");
  expect(format.elapsed({ started_at: at(-80), finished_at: at(-79.5) }, NOON)).toBe("0.5 s");
  expect(format.elapsed({ started_at: null, finished_at: null }, NOON)).toBe("");
});

test("a result as one line", () => {
  expect(format.summary({ added: 1200, files: ["a", "b"], source_ref: "main", none: null })).toBe(
    "added 1,200 · files 2 entries · source ref main · none none",
  );
  expect(format.summary({ a: 1, b: 2, c: 3 }, 2)).toBe("a 1 · b 2 · 1 more");
});

test("the service's clock is learnt from frames that are fresh, not from those of a snapshot", () => {
  vi.useFakeTimers({ now: NOON });
  const client = fakeClient();
  const clock = clockOf(client);
  expect(clockOf(client)).toBe(clock);
  const stop = clock.listen();
  client.push(aJob({ id: "a", updated_at: at(-3 * 86_400) }));
  expect(clock.at(NOON)).toBe(NOON); // days old, and no word about the clock
  client.push(aJob({ id: "a", version: 2, updated_at: at(-300) }));
  expect(clock.at(NOON)).toBe(NOON - 300_000); // this machine is five minutes ahead
  client.push(aJob({ id: "a", version: 3, updated_at: at(-400) }));
  expect(clock.at(NOON)).toBe(NOON - 300_000); // a slow one says less
  client.push(aJob({ id: "b", updated_at: at(20) }));
  expect(clock.at(NOON)).toBe(NOON + 20_000); // nothing comes from the future
  stop();
  expect(client.subscriptions()).toBe(0);
});
