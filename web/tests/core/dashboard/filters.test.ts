// What the address of the dashboard says, and which jobs it means.

import { describe, expect, it } from "vitest";
import { countFilters, matches, moment, NO_FILTERS, toQuery } from "../../../dashboard/src/jobs/filters.ts";
import { isName, readRoute, writeRoute } from "../../../dashboard/src/route.ts";
import { aJob } from "../../support/fake-client.ts";

const NOW = Date.parse("2026-01-10T12:00:00.000Z");

describe("the address", () => {
  it("says nothing of what is usual", () => {
    expect(writeRoute(readRoute(""))).toBe("/");
  });

  it("comes back as it was written", () => {
    const query = "?project=acme&view=feeds&job=a.1&status=active&status=failed&kind=feed%3Async&subject=feed-1" +
      "&owner=u-1&q=sigma+%26+co&after=24h&before=2026-01-10T11%3A00%3A00.000Z&layout=cards&group=kind" +
      "&transport=polling";
    expect(writeRoute(readRoute(query))).toBe(`/${query}`);
  });

  it("leaves out what makes no sense", () => {
    const route = readRoute("?view=admin&status=done&status=failed&status=failed&layout=grid&group=owner" +
      "&transport=pigeon&after=soon");
    expect(writeRoute(route)).toBe("/?status=failed");
  });

  it("keeps a name that cannot be one, for the page to say so", () => {
    expect(readRoute("?project=../x").project).toBe("../x");
    expect(isName("../x")).toBe(false);
    expect(isName("acme-1.b_c")).toBe(true);
  });
});

describe("filters", () => {
  it("count a range of two times as two, and several states as one", () => {
    expect(countFilters(NO_FILTERS)).toBe(0);
    expect(countFilters({ ...NO_FILTERS, status: ["failed", "cancelled"], after: "1h", before: "5m" })).toBe(3);
  });

  it("take a time, or an age", () => {
    expect(moment("24h", NOW)).toBe(NOW - 86_400_000);
    expect(moment("7d", NOW)).toBe(NOW - 7 * 86_400_000);
    expect(moment("2026-01-10T12:00:00Z", NOW)).toBe(NOW);
    expect(moment("soon", NOW)).toBeNull();
  });

  it("ask the service with times, never with ages", () => {
    const filters = { ...NO_FILTERS, status: ["active"] as const, q: "x", after: "1h" };
    expect(toQuery(filters, NOW)).toEqual({ status: ["active"], q: "x", created_after: "2026-01-10T11:00:00.000Z" });
  });

  const job = aJob({
    id: "a", kind: "scan", subject: "s-1", owner: "u-1", title: "Night Scan", status: "running",
    created_at: "2026-01-10T11:30:00.000Z",
  });

  it.each([
    ["nothing asked", {}, true],
    ["active", { status: ["active"] }, true],
    ["one of several states", { status: ["failed", "running"] }, true],
    ["another state", { status: ["failed"] }, false],
    ["its kind", { kind: "scan" }, true],
    ["part of a kind", { kind: "sca" }, false],
    ["another subject", { subject: "s-2" }, false],
    ["another owner", { owner: "u-2" }, false],
    ["part of the title, whatever the case", { q: "night s" }, true],
    ["not in the title", { q: "day" }, false],
    ["created in the last hour", { after: "1h" }, true],
    ["created in the last ten minutes", { after: "10m" }, false],
    ["created before an hour ago", { before: "1h" }, false],
    ["created exactly at the lower end", { after: "2026-01-10T11:30:00.000Z" }, true],
    ["created exactly at the upper end", { before: "2026-01-10T11:30:00.000Z" }, false],
  ] as const)("judge a job: %s", (_, part, expected) => {
    expect(matches(job, { ...NO_FILTERS, ...part }, NOW)).toBe(expected);
  });

  it("judge a job without a title", () => {
    expect(matches(aJob({ id: "b", title: null }), { ...NO_FILTERS, q: "x" }, NOW)).toBe(false);
  });
});
