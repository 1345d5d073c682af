// What may enter: everything the contract's schema calls a frame, and nothing that a view could stumble over.

import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { isFrame, isSummary } from "../../src/check.ts";
import type { Frame, Status } from "../../src/job.ts";
import { frame } from "./frame.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../../src/wire/frame.schema.json", import.meta.url), "utf8"),
) as object;
const isValid = new Ajv2020({ strict: false }).compile(schema);
const AT = "2026-11-20T16:00:00.000Z";

/** The state of the contract's third section, with its dots filled in. */
const golden: Frame = {
  type: "feed:sync:progress",
  timestamp: AT,
  data: {
    project: "acme",
    id: "0199c0de-7d5a-7000-8000-000000000001",
    kind: "feed:sync",
    title: "SigmaHQ",
    subject: "feed-123",
    owner: "u-17",
    parent: null,
    retry_of: null,
    version: 42,
    status: "running",
    attempt: 1,
    message: "Parsing rules",
    progress: { current: 1500, total: 3000, unit: "rules", percent: 50.0 },
    phase: "parse",
    phases: [
      {
        name: "fetch",
        status: "completed",
        weight: 1,
        current: 1,
        total: 1,
        unit: "archive",
        started_at: AT,
        finished_at: AT,
      },
      {
        name: "parse",
        status: "running",
        weight: 8,
        current: 1500,
        total: 3000,
        unit: "rules",
        started_at: AT,
        finished_at: null,
      },
    ],
    rate: { per_second: 312.5 },
    eta: { seconds: 5, finish_at: AT },
    counters: { added: 12, updated: 3, failed: 0 },
    metadata: { source: "main" },
    notices: {
      total: 80,
      recent: [{ number: 80, at: AT, level: "warning", code: "bad_rule", message: "line 88: unknown field", data: {} }],
    },
    children: null,
    cancel: null,
    stalled_at: null,
    result: null,
    error: null,
    created_at: AT,
    started_at: AT,
    updated_at: AT,
    finished_at: null,
  },
};

function variants(): Frame[] {
  const statuses: Status[] = ["queued", "running", "cancelling", "completed", "failed", "cancelled"];
  const changes: Partial<Frame["data"]>[] = [
    {},
    { title: "t", subject: "s", owner: "o", parent: "p", retry_of: "r", message: "m", phase: "x" },
    { progress: { current: 0, total: null, unit: null, percent: null } },
    { cancel: { requested_at: AT, reason: null, by: null }, stalled_at: AT },
    { children: { total: 2, finished: 1, failed: 0 } },
    { rate: { per_second: 0 }, eta: { seconds: 0, finish_at: AT }, counters: { a: 0.5 } },
    { notices: { total: 1, recent: [{ number: 1, at: AT, level: "info", code: null, message: "", data: {} }] } },
    { version: Number.MAX_SAFE_INTEGER, attempt: 0, started_at: null },
    { phases: golden.data.phases },
  ];
  return statuses.flatMap((status) =>
    changes.map((change) => {
      const made = frame("a", 1, { ...change, status });
      return status !== "completed"
        ? made
        : { ...made, data: { ...made.data, progress: { ...made.data.progress, percent: 100 }, result: { ok: true } } };
    }),
  );
}

test("the contract's example, and every kind of state, pass both the schema and the check", () => {
  for (const one of [golden, ...variants()]) {
    expect(isValid(one), JSON.stringify(isValid.errors)).toBe(true);
    expect(isFrame(one)).toBe(true);
  }
});

test("a newer service may say more", () => {
  expect(isFrame({ ...golden, trace: "x", data: { ...golden.data, colour: "red" } })).toBe(true);
});

/** Every place in a value, and the value with that place taken by something else. */
function spoiled(value: unknown, by: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const put = (inner: unknown) =>
      Array.isArray(value) ? value.map((old, n) => (String(n) === name ? inner : old)) : { ...value, [name]: inner };
    return [put(by), ...spoiled(field, by).map(put)];
  });
}

test("a field of the wrong kind is noticed wherever a view looks", () => {
  // Nobody here looks into these, or at more than whether they are there.
  const unseen =
    /"(metadata|counters|rate|eta|data|code|weight|unit|retry_of|started_at|finished_at)":(\{[^{}]*)?(true|\[true\])/;
  let seen = 0;
  for (const bad of [...spoiled(golden, true), ...spoiled(golden, [true])]) {
    if (isFrame(bad)) expect(JSON.stringify(bad)).toMatch(unseen);
    else seen += 1;
  }
  expect(seen).toBeGreaterThan(60);
});

test.each([
  null,
  undefined,
  1,
  "frame",
  [],
  {},
  [golden],
  { ...golden, data: [] },
  { ...golden, data: { ...golden.data, status: "done" } },
  { ...golden, data: { ...golden.data, version: 0 } },
  { ...golden, data: { ...golden.data, phases: [null] } },
  { ...golden, data: { ...golden.data, id: undefined } },
  { ...golden, type: undefined },
])("%j is no frame", (value) => {
  expect(isFrame(value)).toBe(false);
});

test("tiles", () => {
  const tiles = {
    total: 1,
    stalled: 0,
    by_status: { running: 1 },
    by_kind: {},
    last_24h: { completed: 0, failed: 0, cancelled: 0 },
  };
  expect(isSummary(tiles)).toBe(true);
  for (const bad of [
    null,
    {},
    { ...tiles, total: "1" },
    { ...tiles, by_kind: null },
    { ...tiles, last_24h: undefined },
  ])
    expect(isSummary(bad)).toBe(false);
});
