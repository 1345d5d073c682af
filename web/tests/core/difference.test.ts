// What two states of a job can tell, and where only the history can.

import { describe, expect, it } from "vitest";
import { difference } from "../../src/difference.ts";
import type { Job, Notice, Phase } from "../../src/job.ts";
import { at, ended, job, running } from "../support/host.ts";

function phase(name: string, started: number | null, status: Phase["status"] = "running"): Phase {
  return {
    name, status, weight: 1, current: 0, total: null, unit: null,
    started_at: started === null ? null : at(started), finished_at: null,
  };
}

function notices(...numbers: number[]): Job["notices"] {
  const rest = { level: "info", code: null, message: "", data: {} } as const;
  const recent = numbers.map((number): Notice => ({ number, at: at(number), ...rest }));
  return { total: Math.max(0, ...numbers), recent: recent.slice(-10) };
}

function told(before: Job | null, after: Job, last: string): string {
  const { happened, sure } = difference(before, after, last);
  return (sure ? "" : "? ") + happened.map(({ what }) => what).join(" ");
}

const error = { code: "broken", message: "", retryable: true, retry_after_seconds: null, phase: null, details: null };
const cancel = { requested_at: at(2.5), reason: "enough", by: "u" };

describe("certain", () => {
  it.each<[string, Job | null, Job, string]>([
    ["created", null, job("a"), "created"],
    ["created started", null, running("a", 2), "started"],
    ["started", job("a"), running("a", 2), "started"],
    ["progress", running("a", 2), running("a", 3, { counters: { added: 1 } }), "progress"],
    ["", running("a", 2), running("a", 3, { eta: { seconds: 1, finish_at: at(9) } }), "progress"],
    ["phase", running("a", 2), running("a", 3, { phase: "fetch", phases: [phase("fetch", 3)] }), "phase"],
    ["notice notice", running("a", 2), running("a", 3, { notices: notices(1, 2) }), "notice"],
    ["cancelling", running("a", 2), running("a", 3, { status: "cancelling", cancel }), "cancelling"],
    ["cancelling cancelled", running("a", 2), ended("a", 4, { status: "cancelled", cancel }), "cancelled"],
    ["cancelled", job("a"), job("a", { version: 2, status: "cancelled", cancel, finished_at: at(2) }), "cancelled"],
    [
      "failed",
      running("a", 2, { status: "cancelling", cancel }), ended("a", 3, { status: "failed", cancel, error }),
      "failed",
    ],
    ["completed", running("a", 2), ended("a", 3), "completed"],
    ["retrying", running("a", 2), job("a", { version: 3, attempt: 1, error, updated_at: at(3) }), "retrying"],
    ["stalled", running("a", 2), running("a", 3, { stalled_at: at(40), updated_at: at(40) }), "stalled"],
    ["resumed", running("a", 3, { stalled_at: at(3) }), running("a", 4), "resumed"],
    ["phase", running("a", 2), running("a", 3, { updated_at: at(90), phase: "x", phases: [phase("x", 90)] }), "phase"],
    ["children", running("a", 2), running("a", 3, { children: { total: 1, finished: 0, failed: 0 } }), "children"],
    // Versions were skipped, and yet nothing else can have happened.
    [
      "phase progress",
      running("a", 2), running("a", 6, { phase: "x", phases: [phase("x", 3)], message: "on" }),
      "progress",
    ],
    ["started completed", job("a"), ended("a", 4), "completed"],
    [
      "phase notice",
      running("a", 2), running("a", 6, { phase: "x", phases: [phase("x", 0.5)], notices: notices(1) }),
      "notice",
    ],
  ])("%s", (expected, before, after, last) => expect(told(before, after, last)).toBe(expected));
});

describe("for the history", () => {
  it.each<[string, Job | null, Job, string]>([
    [
      "two phases began",
      running("a", 2), running("a", 3, { phase: "y", phases: [phase("x", 2.1, "completed"), phase("y", 2.2)] }),
      "phase",
    ],
    [
      "more notices than are kept",
      running("a", 2), running("a", 9, { notices: notices(...Array.from({ length: 12 }, (_, n) => n + 1)) }),
      "notice",
    ],
    ["another attempt", running("a", 2), running("a", 9, { attempt: 2 }), "progress"],
    ["two attempts", job("a"), running("a", 9, { attempt: 2 }), "progress"],
    ["failed, perhaps after a retry", running("a", 2), ended("a", 3, { status: "failed", error }), "failed"],
    ["an ending after a silence", running("a", 2), ended("a", 20), "completed"],
    ["a gap with time for a silence", running("a", 2), running("a", 9), "progress"],
    ["resumed, where nothing had stalled", running("a", 2), running("a", 3), "resumed"],
    [
      "a notice and a phase of one moment",
      running("a", 0), running("a", 1, { phase: "x", phases: [phase("x", 1)], notices: notices(1) }),
      "phase",
    ],
    ["an ending of a stalled job", running("a", 3, { stalled_at: at(3) }), ended("a", 4), "completed"],
    [
      "a stalled job that goes on with a phase",
      running("a", 3, { stalled_at: at(3) }), running("a", 4, { phase: "x", phases: [phase("x", 3.5)] }),
      "resumed",
    ],
  ])("%s", (_, before, after, last) => expect(difference(before, after, last).sure).toBe(false));
});

it("says what the history would say of it", () => {
  const { happened } = difference(running("a", 2), ended("a", 3, { status: "cancelled", cancel, message: "bye" }), "cancelled");
  expect(happened).toEqual([
    { what: "cancelling", at: at(2.5), data: { status: "cancelling", attempt: 1, message: "bye", reason: "enough", error: null } },
    { what: "cancelled", at: at(3), data: { status: "cancelled", attempt: 1, message: "bye", reason: "enough", error: null } },
  ]);
});
