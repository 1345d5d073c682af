// What ended while nobody looked, and what has been read of it.

import { describe, expect, it } from "vitest";
import {
  endedSince, isVisit, MOST_REMEMBERED, outcomes, visitOf, wasAway,
} from "../../../dashboard/src/notices/away.ts";
import {
  countUnread, isNotifications, merged, withEnded, withRead,
} from "../../../dashboard/src/notices/notifications.ts";
import { tabIcon, tabTitle } from "../../../dashboard/src/frame/title.ts";
import { expiry, isToken } from "../../../dashboard/src/gate/credential.ts";
import type { Status } from "../../../src/job.ts";
import { aJob } from "../../support/fake-client.ts";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const ended = (id: string, second: number, status: Status = "completed") =>
  aJob({ id, status, finished_at: at(second) });

describe("away", () => {
  const since = Date.parse(at(10));

  it("is longer than a reload", () => {
    expect(wasAway(null, since)).toBe(false);
    expect(wasAway({ at: since, active: [] }, since + 59_000)).toBe(false);
    expect(wasAway({ at: since, active: [] }, since + 60_000)).toBe(true);
  });

  it("remembers who was at work, but not without end", () => {
    const jobs = Array.from({ length: MOST_REMEMBERED + 50 }, (_, nth) => aJob({ id: `j-${nth}` }));
    expect(visitOf([ended("x", 1), ...jobs], since).active.length).toBe(MOST_REMEMBERED);
    expect(visitOf([ended("x", 1), aJob({ id: "y" })], since)).toEqual({ at: since, active: ["y"] });
  });

  it("lists what ended since, each once, the newest ending first", () => {
    const jobs = [ended("a", 11), ended("b", 30), ended("old", 9), aJob({ id: "c" }), ended("a", 11)];
    expect(endedSince(jobs, since).map((job) => job.id)).toEqual(["b", "a"]);
  });

  it("counts outcomes in the order of their weight, and none that did not happen", () => {
    const jobs = [ended("a", 11), ended("b", 12, "failed"), ended("c", 13)];
    expect(outcomes(jobs)).toEqual([{ status: "failed", count: 1 }, { status: "completed", count: 2 }]);
  });

  it("takes nothing from the storage that is no visit", () => {
    expect([null, {}, { at: "x", active: [] }, { at: 1, active: [2] }].some(isVisit)).toBe(false);
    expect(isVisit({ at: 1, active: ["a"] })).toBe(true);
  });
});

describe("notifications", () => {
  it("note each ending once, the newest first, unread", () => {
    const first = withEnded([], [ended("a", 1), aJob({ id: "runs" })]);
    const list = withEnded(first, [ended("b", 2, "failed"), ended("a", 1)]);
    expect(list.map(({ job, read }) => [job, read])).toEqual([["b", false], ["a", false]]);
    expect(withEnded(list, [ended("a", 1)])).toBe(list);
    expect(isNotifications(list)).toBe(true);
  });

  it("are kept up to a number", () => {
    const many = withEnded([], Array.from({ length: 500 }, (_, nth) => ended(`j-${nth}`, nth % 60)));
    expect(many.length).toBe(200);
  });

  it("are read one by one, or all", () => {
    const list = withEnded([], [ended("a", 1), ended("b", 2), ended("c", 3)]);
    expect(countUnread(withRead(list, "b"))).toBe(2);
    expect(countUnread(withRead(list))).toBe(0);
    const read = withRead(list);
    expect(withRead(read)).toBe(read);
  });

  it("of two tabs become one list, in which read is read", () => {
    const mine = withRead(withEnded([], [ended("a", 1), ended("b", 2)]), "a");
    const theirs = withRead(withEnded([], [ended("b", 2), ended("c", 3)]), "c");
    expect(merged(mine, theirs).map(({ job, read }) => [job, read])).toEqual([["c", true], ["b", false], ["a", true]]);
  });
});

describe("the tab", () => {
  it("tells how far the job is that is looked at", () => {
    const job = aJob({ id: "a", title: "Sync", progress: { current: 1, total: 2, unit: null, percent: 59.9 } });
    expect(tabTitle(job, 9, 1, "acme")).toBe("59% · Sync");
    expect(tabIcon(job)).toBe("/icons/progress-5.svg");
    expect(tabTitle(ended("a", 1, "failed"), 0, 0, "acme")).toBe("failed · SigmaHQ");
    expect(tabIcon(ended("a", 1, "failed"))).toBe("/icons/failed.svg");
  });

  it("else how many are active, and whether there is something to read", () => {
    expect(tabTitle(null, 0, 0, "acme")).toBe("acme · Milepost");
    expect(tabTitle(null, 3, 2, "acme")).toBe("(3) • acme · Milepost");
    expect(tabIcon(null)).toBe("/icons/milepost.svg");
  });
});

describe("a token", () => {
  it("says when it ends", () => {
    const claims = Buffer.from(JSON.stringify({ exp: 1_800_000_000, sub: "ü?>" })).toString("base64url");
    expect(expiry(`aaa.${claims}.ccc`)).toBe(1_800_000_000_000);
    expect(expiry("a.b.c")).toBeNull();
    expect(expiry("nonsense")).toBeNull();
  });

  it("is three parts", () => {
    expect(["a.b.c", "a-_.b9.c"].every(isToken)).toBe(true);
    expect(["a.b", "a b.c.d", "a.b.c.d", "Bearer a.b.c"].some(isToken)).toBe(false);
  });
});
