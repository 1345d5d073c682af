// What programs put into words, within the limits of the contract.

import { expect, test } from "vitest";
import { pause } from "../src/backoff.ts";
import { describe as told, Failure } from "../src/failure.ts";
import { count } from "../src/gauge.ts";
import { newId } from "../src/id.ts";
import { cut, json, object } from "../src/text.ts";

test("names of errors become codes", () => {
  const named = (name: string): unknown => told(Object.assign(new Error("x"), { name }))["code"];
  const codes = ["TypeError", "HTTPError", "AbortError", "error", "S3Error", "9Lives", "Ünïcode", "", "a-b c", "X".repeat(99)].map(named);
  expect(codes).toEqual(["type_error", "http_error", "abort_error", "error", "s3_error", "lives", "n_code", "error", "a_b_c", "x".repeat(64)]);
  expect(told("only text")).toEqual({ code: "error", message: "only text", retryable: false });
  expect(told(undefined)).toMatchObject({ code: "error", message: "undefined" });
  expect(told(new Failure("Not-Snake", "", { retryAfter: 1.2 }))).toMatchObject({ code: "not_snake", retry_after_seconds: 2 });
});

test("text that Postgres has no place for is mended", () => {
  expect(json({ "a\0": "b\0c", half: "\ud800x", whole: "🙂", slash: "\\u0000", both: "\\\0" }))
    .toBe('{"a":"bc","half":"\ufffdx","whole":"🙂","slash":"\\\\u0000","both":"\\\\"}');
  expect(cut("\u001b[31mred", 100)).toBe("\ufffd[31mred");
  expect(cut("abcdef", 4)).toBe("abc…");
});

test("objects are kept whole, or it is said why not", () => {
  expect(object({ a: new Date(0), b: undefined }, 100)).toEqual({ a: "1970-01-01T00:00:00.000Z" });
  expect(object([1], 100)).toEqual({ value: [1] });
  expect(object(() => 1, 100)).toEqual({});
  expect(object({ a: "x".repeat(100) }, 100)).toEqual({ left_out: "108 bytes, of which at most 100 are kept" });
  expect(object({ a: 1n }, 100)["left_out"]).toMatch(/^not JSON/);
});

test("counts are whole numbers that the service takes", () => {
  expect([-1, 0.9, 1.5, NaN, Infinity, 2 ** 60].map(count)).toEqual([0, 0, 1, 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
});

test("pauses grow to a limit, and are longer than what was asked for", () => {
  const longest = (failures: number): number => Math.max(...Array.from({ length: 500 }, () => pause(failures)));
  expect(longest(0)).toBeLessThanOrEqual(250);
  expect(longest(99)).toBeLessThanOrEqual(5_000);
  expect(longest(99)).toBeGreaterThan(2_500);
  expect(pause(0, 3)).toBeGreaterThanOrEqual(3_000);
  expect(pause(0, 9_999)).toBeLessThanOrEqual(61_000);
});

test("ids are names that sort by time", () => {
  const ids = Array.from({ length: 100 }, newId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ids.at(-1)!.slice(0, 13) >= ids[0]!.slice(0, 13)).toBe(true);
});
