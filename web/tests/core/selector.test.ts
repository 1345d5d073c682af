// Selections in one form, and the plan by which few subscriptions serve many of them: what holds for any of them.

import { expect, test } from "vitest";
import type { Selector, Status } from "../../src/job.ts";
import { plan, type Wish } from "../../src/plan.ts";
import { isSound, keyOf, matches, normal, pairsOf } from "../../src/selector.ts";
import { frame } from "./frame.ts";

/** Random numbers that are the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const STATUSES: readonly Status[] = ["queued", "running", "cancelling", "completed", "failed", "cancelled"];

function anySelector(roll: (below: number) => number): Selector {
  const some = (words: readonly string[]) => words.filter(() => roll(3) === 0);
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  return {
    ...(roll(2) ? { job: [...some(names), names[roll(7)] ?? "a"] } : {}),
    ...(roll(3) ? {} : { kind: roll(2) ? "scan" : "sync" }),
    ...(roll(4) ? {} : { owner: `u${roll(2)}` }),
    ...(roll(4) ? {} : { status: roll(2) ? ("active" as const) : (some(STATUSES) as Status[]) }),
  };
}

test("equal selections have one key, others another", () => {
  const key = (selector: Selector) => keyOf(normal(selector));
  expect(key({ job: ["b", "a", "b"] })).toBe(key({ job: ["a", "b"] }));
  expect(key({ job: "a" })).toBe(key({ job: ["a"] }));
  expect(key({ kind: "scan", owner: "u" })).toBe(key({ owner: "u", kind: "scan" }));
  expect(key({ status: "active" })).toBe(key({ status: ["running", "cancelling", "queued"] }));
  expect(key({ status: [] })).toBe(key({}));
  const others: Selector[] = [
    {},
    { job: [] },
    { job: "a" },
    { kind: "a" },
    { subject: "a" },
    { owner: "a" },
    { parent: "a" },
    { status: "failed" },
  ];
  expect(new Set(others.map(key)).size).toBe(others.length);
});

test("the query has a pair for each word", () => {
  expect(pairsOf(normal({ status: ["failed", "active"], job: ["b", "a"], kind: "feed:sync" }))).toEqual([
    ["job", "a"],
    ["job", "b"],
    ["kind", "feed:sync"],
    ["status", "cancelling"],
    ["status", "failed"],
    ["status", "queued"],
    ["status", "running"],
  ]);
});

test("all conditions have to hold", () => {
  const { data } = frame("a", 1, { kind: "scan", owner: "u1", subject: "s", parent: null });
  for (const selector of [{}, { job: ["a", "b"] }, { kind: "scan", owner: "u1" }, { status: "active" }] as Selector[]) {
    expect(matches(data, normal(selector))).toBe(true);
  }
  for (const selector of [
    { job: [] },
    { job: "b" },
    { job: "a", kind: "sync" },
    { parent: "p" },
    { status: "failed" },
  ] as Selector[]) {
    expect(matches(data, normal(selector))).toBe(false);
  }
});

test("what no job can be called is not sound", () => {
  for (const selector of [{}, { job: ["a", "0199c0de-7d5a.x_1"] }, { kind: "feed:sync" }] as Selector[])
    expect(isSound(normal(selector))).toBe(true);
  for (const job of ["", "../x", "-a", "a b", "ü", "x".repeat(65), "a\0"]) expect(isSound(normal({ job }))).toBe(false);
});

test("any plan serves each selection with all of its jobs, within limits, from no cursor that did not cover it", () => {
  const roll = dice(7);
  const jobs = Array.from(
    { length: 200 },
    () =>
      frame("abcdefg"[roll(7)] ?? "a", 1, {
        kind: roll(2) ? "scan" : "sync",
        owner: `u${roll(2)}`,
        status: STATUSES[roll(6)] ?? "running",
      }).data,
  );
  for (let run = 0; run < 500; run += 1) {
    const limits = { lines: 1 + roll(6), jobs: 1 + roll(5) };
    const wishes: Wish[] = Array.from({ length: 1 + roll(12) }, () => ({
      selection: normal(anySelector(roll)),
      cursor: roll(3) ? `c${roll(2)}` : null,
    }));
    const planned = plan(wishes, limits);
    expect(planned.length).toBeLessThanOrEqual(limits.lines);
    for (const { selection, cursor, serves } of planned) {
      expect(selection.job === undefined || selection.job.length <= limits.jobs).toBe(true);
      expect(serves.length).toBeGreaterThan(0);
      if (cursor !== null) for (const wish of serves) expect(wish.cursor).toBe(cursor);
    }
    for (const wish of wishes) {
      const mine = planned.filter(({ serves }) => serves.includes(wish));
      const missed = jobs.filter(
        (job) => matches(job, wish.selection) && !mine.some(({ selection }) => matches(job, selection)),
      );
      expect(missed).toEqual([]);
    }
  }
});

test("ids of alike selections go together, and apart where their cursors differ", () => {
  const wish = (selector: Selector, cursor: string | null = null) => ({ selection: normal(selector), cursor });
  const limits = { lines: 90, jobs: 200 };
  const selections = (wishes: Wish[]) => plan(wishes, limits).map(({ selection }) => selection);
  expect(selections([wish({ job: "b" }), wish({ job: ["a", "b"] })])).toEqual([{ job: ["a", "b"] }]);
  expect(selections([wish({ job: "a", kind: "x" }), wish({ job: "b" })])).toHaveLength(2);
  expect(selections([wish({ job: "a" }, "c1"), wish({ job: "b" }, "c1"), wish({ job: "c" }, "c2")])).toEqual([
    { job: ["a", "b"] },
    { job: ["c"] },
  ]);
  const many = Array.from({ length: 450 }, (_, n) => `j${n}`);
  expect(
    plan([wish({ job: many }, "c1")], limits).map(({ selection, cursor }) => [selection.job?.length, cursor]),
  ).toEqual([
    [200, "c1"],
    [200, "c1"],
    [50, "c1"],
  ]);
});
