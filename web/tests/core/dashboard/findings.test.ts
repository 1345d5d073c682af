// What the audits of a person come to: findings from notices, the audit of each target that counts, sums.

import { describe, expect, it } from "vitest";
import { findingOf, newestPerTarget, sum } from "../../../dashboard/src/demo/findings.ts";
import { readFindings } from "../../../dashboard/src/demo/read-findings.ts";
import type { HistoryItem, Job, JsonObject, Notice } from "../../../src/job.ts";
import { aJob } from "../../support/fake-client.ts";

const DATA = {
  severity: "critical", score: 9.8, advisory: "RUSTSEC-2020-0071", package: "time", version: "0.1.42",
  title: "A segfault", patched: [">= 0.2.23"], url: "https://rustsec.org/advisories/RUSTSEC-2020-0071.html", state: "new",
};
const notice = (data: JsonObject, code = "vulnerability"): JsonObject =>
  ({ number: 3, at: "2026-01-01T00:00:00.000Z", level: "error", code, message: "In one line", data });
const job = aJob({ id: "a", subject: "rustup" });

describe("a notice of an audit", () => {
  it("is a finding with all that it says", () => {
    expect(findingOf(job, notice(DATA))).toEqual({
      key: "a/3", job: "a", number: 3, target: "rustup", at: "2026-01-01T00:00:00.000Z", kind: "vulnerability",
      severity: "critical", score: 9.8, advisory: "RUSTSEC-2020-0071", package: "time 0.1.42", title: "A segfault",
      patched: [">= 0.2.23"], url: DATA.url, state: "new",
    });
  });

  it("is none where it speaks of something else", () => {
    expect(findingOf(job, notice({}))).toBeNull();
    expect(findingOf(job, { ...notice({}), data: null })).toBeNull();
    expect(findingOf(job, notice({ path: "a.md" }, "bad_advisory"))).toBeNull();
  });

  it("says what is fixed, and what it leaves out is blank", () => {
    const found = findingOf(job, notice({ kind: "unsound", advisory: "X-1", package: "time" }, "fixed"));
    expect(found).toMatchObject({ state: "fixed", package: "time", title: "In one line", patched: [], score: null });
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "//example.com", "file:///etc/passwd", "ftp://x"])(
    "makes no link of %s", (url) => expect(findingOf(job, notice({ ...DATA, url }))?.url).toBeNull());
});

describe("the audit of a target that counts", () => {
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const of = (id: string, subject: string, status: "running" | "completed" | "failed", second: number, critical = 0) =>
    aJob({ id, subject, status, created_at: at(second), counters: { critical } });

  it("is the one under way, or the last that was completed", () => {
    const active = [of("a2", "a", "running", 5, 1)];
    const ended = [of("b3", "b", "failed", 4, 9), of("b2", "b", "completed", 3, 2), of("b1", "b", "completed", 1, 4),
      of("a1", "a", "completed", 2, 8)];
    const newest = newestPerTarget(active, ended);
    expect([...newest].map(([target, { id }]) => [target, id])).toEqual([["a", "a2"], ["b", "b2"]]);
    expect(sum(newest.values(), "critical")).toBe(3);
    expect(sum(newest.values(), "unknown")).toBe(0);
  });
});

describe("findings are read", () => {
  const at = (number: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString();
  const told = (number: number): Notice =>
    ({ number, at: at(number), level: "error", code: "vulnerability", message: "", data: { advisory: `A-${number}` } });
  const state = (total: number): Job =>
    aJob({ id: "a", notices: { total, recent: Array.from({ length: Math.min(10, total) }, (_, n) => told(total - n)) } });

  /** A history of so many notices, two to a page; fails as often as it is told to. */
  function history(total: () => number, failures = 0) {
    const asked: number[] = [];
    return {
      asked,
      async history(_: string, { after = 0 }: { after?: number } = {}) {
        asked.push(after);
        await Promise.resolve();
        if (failures-- > 0) throw new Error("away");
        const numbers = [after + 1, after + 2].filter((number) => number <= total());
        const items = numbers.map((number): HistoryItem =>
          ({ number, version: number, at: at(number), type: "vulnerability:audit:notice", data: { ...told(number) } as JsonObject }));
        return { items, next: after + 2 < total() ? after + 2 : null };
      },
    };
  }

  async function heard(states: readonly number[], failures = 0) {
    let total = 0;
    const from = history(() => total, failures);
    const found = new Set<string>();
    const hear = readFindings(from, (more) => more.forEach(({ advisory }) => found.add(advisory)), new AbortController().signal);
    for (const next of states) {
      hear(state((total = next)));
      await new Promise((resolve) => setTimeout(resolve));
    }
    return { found: found.size, asked: from.asked };
  }

  it("from the states alone where they show all", async () => {
    expect(await heard([3, 3, 9, 15, 25])).toEqual({ found: 25, asked: [] });
  });

  it("from the history where a state shows too little, each page once", async () => {
    expect(await heard([1, 14])).toEqual({ found: 14, asked: [0, 2, 4, 6, 8, 10, 12] });
  });

  it("again with the next state where the history could not be had", async () => {
    expect((await heard([12, 30], 1)).found).toBe(30);
    expect((await heard([12, 12], 1)).found).toBe(12);
  });

  it("no more once nobody listens", async () => {
    const asked = new AbortController();
    const from = history(() => 40);
    const hear = readFindings(from, () => asked.abort(), asked.signal);
    hear(state(40));
    await new Promise((resolve) => setTimeout(resolve));
    expect(from.asked.length).toBeLessThanOrEqual(1);
  });
});
