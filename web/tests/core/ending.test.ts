// The contract's table of endings, line by line, and the pauses between tries.

import { afterEach, expect, test, vi } from "vitest";
import { pause } from "../../src/backoff.ts";
import { byCode, byReason, byStatus } from "../../src/ending.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  [1000, "finished", "never"],
  [1012, "restarting", "soon"],
  [1013, "overloaded", "later"],
  [1013, "unavailable", "later"],
  [1002, "protocol_error", "never"],
  [1003, "text_only", "never"],
  [1007, "bad_utf8", "never"],
  [1009, "too_large", "never"],
  [4400, "bad_command", "never"],
  [4401, "unauthorized", "token"],
  [4403, "forbidden", "never"],
  [4404, "not_found", "never"],
  [4408, "too_slow", "later"],
  [4409, "rotated", "now"],
  [4429, "limited", "later"],
  [1006, "", "later"],
  [1001, "", "later"],
  [1000, "", "later"],
  [1011, "", "later"],
] as const)("%i %s: %s", (code, word, again) => {
  expect(byCode(code, word, 3)).toMatchObject({ again, after: 3 });
});

test.each([
  ["finished", "never"],
  ["restarting", "soon"],
  ["overloaded", "later"],
  ["unavailable", "later"],
  ["unauthorized", "token"],
  ["forbidden", "never"],
  ["not_found", "never"],
  ["too_slow", "later"],
  ["rotated", "now"],
  ["limited", "later"],
  ["some day", "later"],
] as const)("%s: %s", (reason, again) => {
  expect(byReason(reason)).toMatchObject({ again, after: null, reason });
});

test.each([
  [401, "token"],
  [403, "never"],
  [404, "never"],
  [400, "never"],
  [429, "later"],
  [503, "later"],
  [500, "later"],
  [502, "later"],
] as const)("status %i: %s", (status, again) => {
  expect(byStatus(status, null).again).toBe(again);
});

test("only what speaks against the way it came blames it", () => {
  const reasons = [
    "finished",
    "restarting",
    "overloaded",
    "unavailable",
    "unauthorized",
    "forbidden",
    "rotated",
    "limited",
    "too_slow",
  ];
  for (const reason of reasons) expect(byReason(reason).blame).toBe(false);
  for (const code of [1002, 1006, 4400]) expect(byCode(code, "", null).blame).toBe(true);
});

test("pauses: anything from nothing up to 1, 2, 4, 8, 16, 30 seconds", () => {
  for (const [attempt, most] of [
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 16],
    [6, 30],
    [10, 30],
  ] as const) {
    const pauses = Array.from({ length: 2000 }, () => pause(attempt));
    expect(Math.max(...pauses)).toBeLessThan(most * 1000);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0);
    vi.spyOn(Math, "random").mockReturnValueOnce(0).mockReturnValueOnce(0.5);
    expect([pause(attempt), pause(attempt)]).toEqual([0, most * 500]);
    vi.restoreAllMocks();
  }
});
