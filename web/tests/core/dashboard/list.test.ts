// The list over time: jobs that come, end and leave, pages that are loaded, and a pointer that rests on it.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openBook } from "../../../dashboard/src/jobs/book.ts";
import { NO_FILTERS, type Filters } from "../../../dashboard/src/jobs/filters.ts";
import { openList } from "../../../dashboard/src/jobs/list.ts";
import type { ListQuery, Watch, WatchHandlers } from "../../../src/client.ts";
import type { Job } from "../../../src/job.ts";
import { Problem } from "../../../src/problem.ts";
import { aJob } from "../../support/fake-client.ts";

type Page = { items: Job[]; page: string | null };

/** The two things the list asks of a client, in the hands of the test. */
function service(pages: Record<string, Page | Problem>) {
  let handlers: WatchHandlers = {};
  const asked: ListQuery[] = [];
  const client = {
    watch(_: unknown, given: WatchHandlers<never, never> = {}): Watch<never, never> {
      handlers = given as WatchHandlers;
      return { stop() {}, async *[Symbol.asyncIterator]() {} };
    },
    async list(query: ListQuery = {}) {
      asked.push(query);
      const page = pages[query.page ?? "first"] ?? { items: [], page: null };
      if (page instanceof Problem) throw page;
      return page as { items: Job<never, never>[]; page: string | null };
    },
  };
  return { client, asked, push: (job: Job) => handlers.onJob?.(job, null), told: () => handlers };
}

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const running = (id: string, second: number, version = 1) => aJob({ id, version, created_at: at(second) });
const ended = (id: string, second: number, version = 2) =>
  aJob({ id, version, status: "completed", created_at: at(second), finished_at: at(59) });

function open(pages: Record<string, Page | Problem>, filters: Partial<Filters> = {}) {
  const made = service(pages);
  const book = openBook(made.client);
  const list = openList(made.client, book, { ...NO_FILTERS, ...filters }, "state");
  const shown = () => list.getSnapshot().sections.map(({ key, ids }) => `${key}: ${ids.join(" ")}`);
  return { ...made, book, list, shown };
}

const painted = () => vi.advanceTimersByTimeAsync(50);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (work: () => void) => setTimeout(work, 16));
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the list", () => {
  it("shows what runs with what ended, and tells when all is there", async () => {
    const { push, told, shown, list, book } = open({ first: { items: [ended("b", 2), ended("a", 1)], page: null } });
    push(running("c", 3));
    told().onSynced?.();
    await painted();
    expect(shown()).toEqual(["active: c", "ended: b a"]);
    expect(list.getSnapshot()).toMatchObject({ ready: true, more: false, error: null });
    expect(book.getSnapshot().synced).toBe(true);
  });

  it("leaves a job that ended in its place for a moment, then moves it", async () => {
    const { push, shown } = open({});
    push(running("a", 1));
    push(running("b", 2));
    await painted();
    push(ended("a", 1));
    await painted();
    expect(shown()).toEqual(["active: b a"]);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(shown()).toEqual(["active: b", "ended: a"]);
  });

  it("drops older versions", async () => {
    const { push, book } = open({});
    push(ended("a", 1, 5));
    push(running("a", 1, 4));
    await painted();
    expect(book.jobs.get("a")?.status).toBe("completed");
  });

  it("moves nothing while held, counts what waits, and shows it when let go", async () => {
    const { push, shown, list } = open({});
    push(running("a", 1));
    await painted();
    list.hold(true);
    push(running("b", 2));
    push(running("c", 3));
    push(ended("a", 1));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(shown()).toEqual(["active: a"]);
    expect(list.getSnapshot().newer).toBe(2);
    list.release();
    expect(shown()).toEqual(["active: c b", "ended: a"]);
    push(running("d", 4));
    await painted();
    expect(list.getSnapshot().newer).toBe(1);
    list.hold(false);
    expect(shown()).toEqual(["active: d c b", "ended: a"]);
    expect(list.getSnapshot().newer).toBe(0);
  });

  it("loads page after page, and shows no ended job from below the last", async () => {
    const { book, list, shown, asked } = open({
      first: { items: [ended("e", 5), ended("d", 4)], page: "two" },
      two: { items: [ended("c", 3)], page: null },
    });
    await painted();
    book.take([ended("old", 1)]);
    await painted();
    expect(shown()).toEqual(["ended: e d"]);
    list.loadMore();
    await painted();
    expect(shown()).toEqual(["ended: e d c old"]);
    expect(asked.map(({ page }) => page)).toEqual([undefined, "two"]);
    list.loadMore();
    expect(asked.length).toBe(2);
  });

  it("asks only for what is wanted, and takes in only that", async () => {
    const { push, shown, asked } = open({}, { kind: "scan", status: ["failed"] });
    push(aJob({ id: "a", kind: "scan", status: "failed", created_at: at(1) }));
    push(aJob({ id: "b", kind: "scan", created_at: at(2) }));
    push(aJob({ id: "c", kind: "feed:sync", status: "failed", created_at: at(3) }));
    await painted();
    expect(asked[0]).toMatchObject({ kind: "scan", status: ["failed"] });
    expect(shown()).toEqual(["ended: a"]);
  });

  it("leaves out what is gone", async () => {
    const { push, told, shown } = open({});
    push(running("a", 1));
    push(running("b", 2));
    told().onGone?.("a");
    await painted();
    expect(shown()).toEqual(["active: b"]);
  });

  it("begins anew from the top where more ended meanwhile than a page holds", async () => {
    const pages: Record<string, Page | Problem> = { first: { items: [ended("b", 2), ended("a", 1)], page: "two" } };
    const { list, shown } = open(pages);
    await painted();
    pages["first"] = { items: [ended("z", 26), ended("y", 25)], page: "below" };
    pages["below"] = { items: [ended("c", 3), ended("b", 2), ended("a", 1)], page: null };
    list.reload();
    await painted();
    expect(shown()).toEqual(["ended: z y"]);
    list.loadMore();
    await painted();
    expect(shown()).toEqual(["ended: z y c b a"]);
  });

  it("says why it could not be loaded, and loads again when asked", async () => {
    const pages: Record<string, Page | Problem> = { first: new Problem(503, "unavailable", "later", 2) };
    const { list, shown } = open(pages);
    await painted();
    expect(list.getSnapshot()).toMatchObject({ ready: false, loading: false, error: { status: 503, retryAfter: 2 } });
    pages["first"] = { items: [ended("a", 1)], page: null };
    list.reload();
    await painted();
    expect(list.getSnapshot().error).toBeNull();
    expect(shown()).toEqual(["ended: a"]);
  });

  it("tells once of a job that ended in front of it, and never of one that had ended before", async () => {
    const { push, book } = open({ first: { items: [ended("old", 1)], page: null } });
    const heard: string[] = [];
    book.onEnded((job) => heard.push(job.id));
    push(running("a", 2));
    push(ended("a", 2));
    push(ended("a", 2, 3));
    await painted();
    expect(heard).toEqual(["a"]);
  });

  it("draws the row that changed, and no other", async () => {
    const { push, book } = open({});
    const drawn: string[] = [];
    push(running("a", 1));
    push(running("b", 2));
    await painted();
    for (const id of ["a", "b"]) book.subscribeTo(id, () => drawn.push(id));
    push(running("a", 1, 2));
    push(running("a", 1, 3));
    await painted();
    expect(drawn).toEqual(["a"]);
  });
});
