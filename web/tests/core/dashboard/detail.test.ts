// What the page of one job tells from its history, and what rows say in few words.

import { describe, expect, it } from "vitest";
import { attemptsOf } from "../../../dashboard/src/detail/attempts.ts";
import { lineOf } from "../../../dashboard/src/detail/happening.ts";
import { noticesOf } from "../../../dashboard/src/detail/notices.ts";
import { sparkPaths } from "../../../dashboard/src/detail/sparkline.tsx";
import { nowLine, timeLine } from "../../../dashboard/src/jobs/lines.ts";
import type { HistoryItem, JsonObject } from "../../../src/job.ts";
import { aJob } from "../../support/fake-client.ts";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const item = (number: number, happening: string, data: JsonObject = {}): HistoryItem =>
  ({ number, version: number, at: at(number), type: `feed:sync:${happening}`, data });

describe("attempts", () => {
  it("begin with a start and end with what ended them", () => {
    const attempts = attemptsOf([
      item(1, "created"),
      item(2, "started", { attempt: 1, worker: "w-1" }),
      item(3, "phase", { phase: "fetch" }),
      item(4, "retrying", { error: { message: "no route" } }),
      item(5, "started", { attempt: 2, worker: "w-2" }),
      item(6, "stalled"),
      item(7, "started", { attempt: 3, worker: null }),
    ]);
    expect(attempts).toEqual([
      { number: 1, worker: "w-1", from: at(2), to: at(4), ending: "retrying", message: "no route" },
      { number: 2, worker: "w-2", from: at(5), to: at(7), ending: "taken over", message: null },
      { number: 3, worker: null, from: at(7), to: null, ending: null, message: null },
    ]);
  });

  it("are none where a job never began", () => {
    expect(attemptsOf([item(1, "created"), item(2, "cancelled")])).toEqual([]);
  });
});

describe("the history", () => {
  it.each([
    ["started", { worker: "w-1" }, "Started by w-1"],
    ["phase", { phase: "parse_rules" }, "Phase parse rules"],
    ["failed", { error: { message: "cut off" } }, "Failed: cut off"],
    ["failed", { error: null }, "Failed"],
    ["cancelling", { reason: "too slow" }, "Asked to cancel: too slow"],
    ["notice", { message: "line 8" }, "line 8"],
    ["something_new", {}, "Something new"],
  ])("says %s in words", (happening, data, line) => {
    expect(lineOf(item(1, happening, data as JsonObject))).toBe(line);
  });

  it("gives the older findings, the job the newest, and each comes once", () => {
    const notice = (number: number) =>
      ({ number, at: at(number), level: "warning" as const, code: "c", message: `m${number}`, data: {} });
    const history = [item(1, "notice", notice(1)), item(2, "phase", { phase: "x" }), item(3, "notice", notice(2))];
    const job = { notices: { total: 3, recent: [notice(3), notice(2)] } };
    expect(noticesOf(job, history).map(({ number }) => number)).toEqual([3, 2, 1]);
    expect(noticesOf({ notices: { total: 0, recent: [] } }, [item(1, "notice", { number: "x" })])).toEqual([]);
  });
});

describe("a sparkline", () => {
  it("is drawn from two moments on", () => {
    expect(sparkPaths([])).toBeNull();
    expect(sparkPaths([{ at: 1, perSecond: 5 }])).toBeNull();
    expect(sparkPaths([{ at: 1, perSecond: 0 }, { at: 2, perSecond: 0 }])?.line).toBe("M0.0 38.0L240.0 38.0");
  });
});

describe("a row", () => {
  const now = Date.parse(at(30));

  it.each([
    ["waits", { status: "queued" }, "Waiting for a worker"],
    ["runs", { message: null, phase: "parse" }, "Parse"],
    ["is stalled", { stalled_at: at(20), updated_at: at(10) }, "No word from the worker for 20 s"],
    ["is being cancelled", { status: "cancelling" }, "Waiting for the worker to stop"],
    ["is being cancelled in vain", { status: "cancelling", stalled_at: at(20) }, "The worker has not answered"],
    ["completed", { status: "completed", result: { added: 5, removed: 0, list: [1] } }, "added 5"],
  ] as const)("says that its job %s", (_, change, line) => {
    expect(nowLine(aJob({ id: "a", ...change }), now)).toBe(line);
  });

  it("says how long it took", () => {
    const job = aJob({ id: "a", status: "failed", started_at: at(0), finished_at: at(12) });
    expect(timeLine(job, now)).toBe("after 12 s");
    expect(timeLine({ ...job, status: "completed" }, now)).toBe("took 12 s");
    expect(timeLine({ ...job, finished_at: at(0) }, now)).toBe("at once");
  });
});
