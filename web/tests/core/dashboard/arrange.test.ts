// Order, groups and lines of the list.

import { describe, expect, it } from "vitest";
import { arrange, countNewer, sameArrangement } from "../../../dashboard/src/jobs/arrange.ts";
import { kindsOf } from "../../../dashboard/src/jobs/kind-lines.ts";
import { HEIGHTS, linesOf, placeOf } from "../../../dashboard/src/jobs/list-lines.ts";
import { rowAt, topsOf } from "../../../dashboard/src/jobs/window.ts";
import type { Job, Status } from "../../../src/job.ts";
import { aJob } from "../../support/fake-client.ts";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const job = (id: string, second: number, status: Status = "running", kind = "scan"): Job =>
  aJob({ id, status, kind, created_at: at(second) });
const never = () => false;

describe("arrange", () => {
  const jobs = [
    job("a", 1), job("b", 3, "completed"), job("c", 2, "queued", "csv:import"), job("d", 4, "failed", "csv:import"),
  ];

  it("puts the active before the ended, the newest first", () => {
    expect(arrange(jobs, "state", never)).toEqual([
      { key: "active", label: "Active", ids: ["c", "a"] },
      { key: "ended", label: "Ended", ids: ["d", "b"] },
    ]);
  });

  it("groups by kind, the active of each first", () => {
    expect(arrange(jobs, "kind", never)).toEqual([
      { key: "kind csv:import", label: "csv:import", ids: ["c", "d"] },
      { key: "kind scan", label: "scan", ids: ["a", "b"] },
    ]);
  });

  it("makes one list, and orders what was created together by id", () => {
    expect(arrange([job("x", 1), job("z", 1), job("y", 1)], "none", never)[0]?.ids).toEqual(["z", "y", "x"]);
  });

  it("leaves what has just ended where it ran", () => {
    const sections = arrange(jobs, "state", (one) => one.id === "b");
    expect(sections.map((section) => section.ids)).toEqual([["b", "c", "a"], ["d"]]);
  });

  it("has no section without jobs", () => {
    expect(arrange([], "state", never)).toEqual([]);
  });

  it("tells the same arrangement from another, and counts what is new in it", () => {
    const before = arrange(jobs, "state", never);
    const after = arrange([...jobs, job("e", 9), job("f", 8, "completed")], "state", never);
    expect(sameArrangement(before, arrange([...jobs].reverse(), "state", never))).toBe(true);
    expect(sameArrangement(before, after)).toBe(false);
    expect(countNewer(before, after)).toBe(2);
    expect(countNewer(after, before)).toBe(0);
  });
});

describe("lines", () => {
  const sections = [{ key: "active", label: "Active", ids: ["a", "b", "c"] }];

  it("have the heights that the stylesheet draws", () => {
    expect(linesOf(sections, "table", 1, false).map((line) => line.height))
      .toEqual([HEIGHTS.head, HEIGHTS.row, HEIGHTS.row, HEIGHTS.row]);
    expect(linesOf(sections, "table", 1, true).at(-1)?.height).toBe(HEIGHTS.narrowRow);
  });

  it("hold as many cards as there are columns", () => {
    const lines = linesOf(sections, "cards", 2, false);
    expect(lines.map((line) => (line.type === "cards" ? line.ids : line.type))).toEqual(["head", ["a", "b"], ["c"]]);
    expect(placeOf(lines, "c")).toBe(2);
    expect(placeOf(lines, "z")).toBe(-1);
  });

  it("are found by where they are", () => {
    const tops = topsOf([{ key: "a", height: 10 }, { key: "b", height: 20 }, { key: "c", height: 5 }]);
    expect(tops).toEqual([0, 10, 30, 35]);
    expect([-50, 0, 9, 10, 29, 30, 34].map((y) => rowAt(tops, y))).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });
});

describe("kinds", () => {
  it("tell harm first, then what was counted", () => {
    const kinds = kindsOf({
      total: 3, stalled: 0, last_24h: { completed: 0, failed: 0, cancelled: 0 },
      by_status: { queued: 1, running: 2, cancelling: 0, completed: 9, failed: 0, cancelled: 0 },
      by_kind: {
        scan: {
          by_status: { running: 2, queued: 1, completed: 9 },
          counters: { pages: 0, vulnerabilities: 40, critical: 2, hosts: 7, failed: 0 },
        },
        "csv:import": { by_status: {}, counters: {} },
      },
    });
    expect(kinds.map(({ kind, active }) => [kind, active])).toEqual([["csv:import", 0], ["scan", 3]]);
    expect(kinds[1]?.counters.map(({ name }) => name)).toEqual(["critical", "vulnerabilities", "failed", "hosts"]);
  });
});
