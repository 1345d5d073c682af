// @vitest-environment jsdom
// The table: what is drawn of a thousand rows, what one frame draws again, and that nothing moves under the pointer.

import { act, cleanup, fireEvent, screen, within } from "@testing-library/react";
import { Profiler } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Job } from "../../src/job.ts";
import { JobTable } from "../../src/react.ts";
import { expectAccessible } from "../support/axe.ts";
import { aJob, fakeClient } from "../support/fake-client.ts";
import { show } from "../support/render.tsx";

beforeEach(() => {
  Element.prototype.scrollIntoView = () => {};
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const two = (at: number) => String(at).padStart(4, "0");
const numbered = (at: number, change: Partial<Job> = {}) =>
  aJob({ id: `job-${two(at)}`, title: `Job ${two(at)}`, created_at: `2026-01-01T00:00:00.${two(at).slice(1)}Z`, ...change });
const names = () => [...document.querySelectorAll(".mp-row .mp-cell-title")].map((node) => node.textContent);
const table = () => document.querySelector(".mp-table")!;
const change = (run: () => void) => act(async () => run());

async function withJobs(count: number, props: Parameters<typeof JobTable>[0] = {}) {
  const client = fakeClient();
  for (let at = 0; at < count; at += 1) client.push(numbered(at));
  let commits = 0;
  const view = show(<Profiler id="table" onRender={() => (commits += 1)}><JobTable {...props} /></Profiler>, client);
  await change(() => {});
  return { ...view, client, commits: () => commits };
}

test("of a thousand rows those in sight are drawn, and all are counted", async () => {
  await withJobs(1000);
  expect(names()[0]).toBe("Job 0999");
  expect(names().length).toBeLessThan(40);
  expect(screen.getByRole("grid", { name: "Jobs" }).getAttribute("aria-rowcount")).toBe("1001");
  expect(document.querySelector<HTMLElement>(".mp-rows")!.style.height).toBe("60000px");
});

test("a frame for a row draws that row, and a frame for one out of sight draws nothing", async () => {
  vi.useFakeTimers(); // the seconds that rows count would draw them, too
  const { client, commits } = await withJobs(1000);
  const rows = [...document.querySelectorAll(".mp-row")];
  const texts = rows.map((row) => row.outerHTML);
  const before = commits();
  await change(() => client.push(numbered(998, { version: 2, progress: { current: 1, total: 4, unit: null, percent: 25 } })));
  expect(rows.filter((row, at) => row.outerHTML !== texts[at]).map((row) => row.getAttribute("data-row"))).toEqual(["job-0998"]);
  expect(commits()).toBe(before + 1);
  await change(() => client.push(numbered(3, { version: 2 })));
  expect(commits()).toBe(before + 1);
});

test("a hundred frames at a time are drawn at once", async () => {
  vi.useFakeTimers();
  const { client, commits } = await withJobs(200);
  const before = commits();
  await change(() => client.push(...Array.from({ length: 100 }, (_, at) => numbered(100 + at, { version: 2, message: "on" }))));
  expect(commits() - before).toBe(1);
});

test("new rows come in at once, and wait while the pointer is in the table", async () => {
  const { client } = await withJobs(3);
  await change(() => client.push(numbered(3)));
  expect(names()).toEqual(["Job 0003", "Job 0002", "Job 0001", "Job 0000"]);
  fireEvent.pointerEnter(table());
  await change(() => client.push(numbered(4), numbered(5)));
  await change(() => client.drop("job-0001"));
  expect(names()).toEqual(["Job 0003", "Job 0002", "Job 0001", "Job 0000"]);
  fireEvent.click(screen.getByRole("button", { name: "2 new" }));
  expect(names()).toEqual(["Job 0005", "Job 0004", "Job 0003", "Job 0002", "Job 0000"]);
  await change(() => client.push(numbered(6)));
  expect(names()).not.toContain("Job 0006");
  await change(() => void fireEvent.pointerLeave(table()));
  expect(names()[0]).toBe("Job 0006");
  expect(screen.queryByText("1 new")).toBeNull();
});

test("nothing moves while the keyboard is in the table", async () => {
  const { client } = await withJobs(3);
  act(() => document.querySelector<HTMLElement>("[data-row='job-0002']")!.focus());
  await change(() => client.push(numbered(3)));
  expect(names()[0]).toBe("Job 0002");
  await change(() => (document.activeElement as HTMLElement).blur());
  expect(names()[0]).toBe("Job 0003");
});

test("nothing moves while the pointer is there, though a parent draws again with a new inline filter", async () => {
  const client = fakeClient();
  client.push(numbered(0), numbered(1));
  const Parent = () => <JobTable filter={(job) => job.status !== "failed"} />;
  const { rerender } = show(<Parent />, client);
  await change(() => {});
  fireEvent.pointerEnter(table());
  await change(() => client.push(numbered(2)));
  rerender(<Parent />);
  await change(() => {});
  expect(names()).toEqual(["Job 0001", "Job 0000"]);
});

test("a button that vanishes under the focus does not hold the rows for ever", async () => {
  const { client } = await withJobs(2);
  act(() => screen.getByRole("button", { name: "Cancel Job 0001" }).focus());
  await change(() => client.push(numbered(1, { version: 2, status: "completed" })));
  await change(() => client.push(numbered(2)));
  expect(names()[0]).toBe("Job 0002");
});

test("an order by values is settled at most once a second", async () => {
  vi.useFakeTimers();
  const { client } = await withJobs(2, { sort: { by: "progress", down: true } });
  const percent = (at: number, value: number, version: number) =>
    numbered(at, { version, progress: { current: value, total: 100, unit: null, percent: value } });
  await change(() => client.push(percent(0, 70, 2)));
  await change(() => client.push(percent(1, 80, 2)));
  expect(names()).toHaveLength(2);
  await change(() => void vi.advanceTimersByTime(1000));
  expect(names()).toEqual(["Job 0001", "Job 0000"]);
  await change(() => client.push(percent(0, 90, 3)));
  expect(names()).toEqual(["Job 0001", "Job 0000"]);
  await change(() => void vi.advanceTimersByTime(1000));
  expect(names()).toEqual(["Job 0000", "Job 0001"]);
});

test("the head sorts, and says by what", async () => {
  await withJobs(3);
  const head = screen.getByRole("columnheader", { name: "Job" });
  expect(head.getAttribute("aria-sort")).toBe("none");
  fireEvent.click(within(head).getByRole("button"));
  expect(head.getAttribute("aria-sort")).toBe("ascending");
  expect(names()).toEqual(["Job 0000", "Job 0001", "Job 0002"]);
  fireEvent.click(within(head).getByRole("button"));
  expect(head.getAttribute("aria-sort")).toBe("descending");
  expect(names()).toEqual(["Job 0002", "Job 0001", "Job 0000"]);
});

test("arrows move between rows, also to those that are not drawn, and Enter opens", async () => {
  const onOpen = vi.fn();
  await withJobs(500, { onOpen });
  const row = () => (document.activeElement as HTMLElement).dataset["row"];
  act(() => document.querySelector<HTMLElement>("[data-row='job-0499']")!.focus());
  for (const [key, at] of [["ArrowDown", "0498"], ["PageDown", "0488"], ["ArrowUp", "0489"], ["End", "0000"], ["ArrowDown", "0000"], ["Home", "0499"]]) {
    fireEvent.keyDown(document.activeElement!, { key });
    expect(row()).toBe(`job-${at}`);
  }
  fireEvent.keyDown(document.activeElement!, { key: "Enter" });
  expect(onOpen.mock.calls[0]![0].id).toBe("job-0499");
  expect(document.querySelectorAll(".mp-row[tabindex='0']")).toHaveLength(1);
});

test("a filter is applied anew when it changes, without another subscription", async () => {
  const { client, rerender } = await withJobs(20);
  const begun = client.begun.count;
  rerender(<JobTable filter={(job) => job.id.endsWith("5")} />);
  await change(() => {});
  expect(names()).toEqual(["Job 0015", "Job 0005"]);
  expect(client.begun.count - begun).toBeLessThan(12); // the table was made anew, in strict mode; not per row
});

test("empty, refused, and accessible with rows", async () => {
  const { container } = await withJobs(0, { empty: "Nothing here yet" });
  expect(container.textContent).toContain("Nothing here yet");
  cleanup();
  const { container: full } = await withJobs(5, { href: (job) => `/?job=${job.id}` });
  await expectAccessible(full);
});
