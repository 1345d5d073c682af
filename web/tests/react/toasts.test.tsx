// @vitest-environment jsdom
// Toasts and what a screen reader is told.

import { act, cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ProgressClient, WatchHandlers } from "../../src/client.ts";
import { createToasts } from "../../src/react/toasts.ts";
import { Announcer, JobToasts } from "../../src/react.ts";
import { expectAccessible } from "../support/axe.ts";
import { aJob, fakeClient } from "../support/fake-client.ts";
import { show } from "../support/render.tsx";

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-03-01T12:00:00.000Z") }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const tick = (ms: number) => act(async () => void vi.advanceTimersByTime(ms));
const toasts = () => screen.queryAllByRole("article").map((node) => node.getAttribute("aria-label"));

async function withToasts(props: Parameters<typeof JobToasts>[0] = {}) {
  const client = fakeClient();
  client.push(aJob({ id: "before", title: "Before" }), aJob({ id: "ended", status: "failed" }));
  const view = show(<JobToasts {...props} />, client);
  await tick(0);
  return { ...view, client };
}

test("one toast per job: changed in place, settled with the outcome, gone some seconds later", async () => {
  const { client, container } = await withToasts();
  expect(toasts()).toEqual([]);
  act(() => client.push(aJob({ id: "a" })));
  expect(toasts()).toEqual(["SigmaHQ: Running"]);
  const node = screen.getByRole("article");
  act(() => client.push(aJob({ id: "a", version: 2, status: "completed", result: { added: 44 } })));
  expect(toasts()).toEqual(["SigmaHQ: Completed"]);
  expect(screen.getByRole("article")).toBe(node);
  expect(container.textContent).toContain("added 44");
  await tick(5900);
  expect(toasts()).toHaveLength(1);
  await tick(200);
  expect(toasts()).toEqual([]);
});

test("what ran before the page was opened is told when it ends, not before", async () => {
  const { client } = await withToasts();
  act(() => client.push(aJob({ id: "before", title: "Before", version: 2 })));
  expect(toasts()).toEqual([]);
  act(() => client.push(aJob({ id: "before", title: "Before", version: 3, status: "completed" })));
  expect(toasts()).toEqual(["Before: Completed"]);
});

test("without progress only outcomes are told", async () => {
  const { client } = await withToasts({ progress: false });
  act(() => client.push(aJob({ id: "a" })));
  expect(toasts()).toEqual([]);
  act(() => client.push(aJob({ id: "a", version: 2, status: "failed" })));
  expect(toasts()).toEqual(["SigmaHQ: Failed"]);
});

test("only jobs that deserve one have a toast, and a job may become worth one", async () => {
  const mine = new Set<string>();
  const { client } = await withToasts({ filter: (job) => mine.has(job.id) || job.status === "failed" });
  act(() => client.push(aJob({ id: "a" }), aJob({ id: "b", title: "Other" })));
  expect(toasts()).toEqual([]);
  mine.add("a");
  act(() => client.push(aJob({ id: "a", version: 2 }), aJob({ id: "b", title: "Other", version: 2 })));
  expect(toasts()).toEqual(["SigmaHQ: Running"]);
  act(() => client.push(aJob({ id: "b", title: "Other", version: 3, status: "failed" })));
  expect(toasts()).toEqual(["SigmaHQ: Running", "Other: Failed"]);
});

test("a job that was started here has one whatever the filter says, even where it ended before anybody heard", async () => {
  const none = () => false;
  const { client, rerender } = await withToasts({ filter: none, jobs: [], progress: false });
  act(() => client.push(aJob({ id: "quick", status: "completed" }), aJob({ id: "other", status: "completed" })));
  expect(toasts()).toEqual([]);
  rerender(<JobToasts filter={none} jobs={["quick", "slow"]} progress={false} />);
  await tick(0);
  expect(toasts()).toEqual(["SigmaHQ: Completed"]);
  act(() => client.push(aJob({ id: "slow", title: "Slow" })));
  act(() => client.push(aJob({ id: "slow", title: "Slow", version: 2, status: "failed" })));
  expect(toasts()).toEqual(["SigmaHQ: Completed", "Slow: Failed"]);
  rerender(<JobToasts filter={none} jobs={["quick", "slow", "more"]} progress={false} />);
  await tick(7000);
  expect(toasts()).toEqual([]);
});

test("a job that was at work when somebody began to look, and fails before the snapshot is complete, has one", () => {
  let handlers: WatchHandlers = {};
  const client = { watch: (_: unknown, given: WatchHandlers) => ((handlers = given), { stop() {} }) };
  const made = createToasts(client as unknown as ProgressClient, {
    selector: {}, progress: false, stay: 1000, filter: (job) => job.status === "failed",
  });
  const stop = made.start();
  handlers.onJob?.(aJob({ id: "a" }), null);
  handlers.onJob?.(aJob({ id: "a", version: 2, status: "failed" }), null);
  handlers.onJob?.(aJob({ id: "old", status: "failed" }), null);
  expect(made.getSnapshot().map(({ id }) => id)).toEqual(["a"]);
  stop();
});

test("none leaves while the pointer or the focus is there, and each does afterwards", async () => {
  const { client } = await withToasts();
  act(() => client.push(aJob({ id: "a", status: "completed" })));
  const region = screen.getByRole("region", { name: "Notifications" });
  const close = screen.getByRole("button", { name: "Dismiss SigmaHQ" });
  const ways = [
    [() => fireEvent.pointerEnter(region), () => fireEvent.pointerLeave(region)],
    [() => close.focus(), () => close.blur()],
  ] as const;
  for (const [enter, leave] of ways) {
    act(() => void enter());
    act(() => client.push(aJob({ id: "b", title: "While held", status: "completed" })));
    await tick(60_000);
    expect(toasts()).toHaveLength(2);
    act(() => void leave());
    await tick(5000);
  }
  expect(toasts()).toHaveLength(2);
  await tick(1100);
  expect(toasts()).toEqual([]);
});

test("closing one by the keyboard, which takes the focus away, lets the others leave", async () => {
  const { client } = await withToasts();
  act(() =>
    client.push(aJob({ id: "a", status: "completed" }), aJob({ id: "b", title: "Other", status: "completed" })),
  );
  const close = screen.getByRole("button", { name: "Dismiss SigmaHQ" });
  act(() => close.focus());
  fireEvent.click(close);
  await tick(7000);
  expect(toasts()).toEqual([]);
});

test("a dismissed toast does not come back", async () => {
  const { client } = await withToasts();
  act(() => client.push(aJob({ id: "a" })));
  fireEvent.click(screen.getByRole("button", { name: "Dismiss SigmaHQ" }));
  act(() => client.push(aJob({ id: "a", version: 2 })));
  act(() => client.push(aJob({ id: "a", version: 3, status: "completed" })));
  expect(toasts()).toEqual([]);
});

test("more toasts than fit are counted", async () => {
  const { client, container } = await withToasts({ most: 2 });
  act(() => client.push(...["a", "b", "c", "d"].map((id) => aJob({ id, title: id }))));
  expect(toasts()).toEqual(["c: Running", "d: Running"]);
  expect(container.textContent).toContain("and 2 more");
});

test("one toast for a lost connection, after a moment, until it is back", async () => {
  const { client } = await withToasts();
  act(() => client.connect({ state: "reconnecting", transport: null, attempt: 1, nextRetryAt: null }));
  expect(toasts()).toEqual([]);
  await tick(3000);
  expect(toasts()).toEqual(["Connection"]);
  act(() => client.connect({ state: "offline", transport: null, attempt: 10 }));
  expect(toasts()).toEqual(["Connection"]);
  fireEvent.click(screen.getByRole("button", { name: "Reconnect" }));
  expect(client.requests).toEqual(["reconnect"]);
  act(() => client.connect({ state: "live", transport: "websocket" }));
  expect(toasts()).toEqual([]);
});

test("toasts are accessible, and nothing stays subscribed or timed after them", async () => {
  const { client, container, unmount } = await withToasts();
  act(() => client.push(aJob({ id: "a" }), aJob({ id: "b", status: "failed" })));
  act(() => client.connect({ state: "offline", transport: null, attempt: 10 }));
  vi.useRealTimers();
  await expectAccessible(container);
  vi.useFakeTimers();
  unmount();
  expect(client.subscriptions()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("phases, quarters and outcomes are told, paced, the newest of each job", async () => {
  const { client } = show(<Announcer />);
  await tick(0);
  const region = screen.getByRole("status");
  const at = (version: number, percent: number, phase: string) =>
    aJob({ id: "a", version, phase, progress: { current: 1, total: 4, unit: null, percent } });
  act(() => client.push(at(1, 10, "fetch")));
  await tick(500);
  expect(region.textContent).toBe("");
  act(() => client.push(at(2, 12, "fetch"), at(3, 26, "fetch")));
  await tick(500);
  expect(region.textContent).toBe("SigmaHQ: 25 percent");
  act(() => client.push(at(4, 30, "parse"), at(5, 55, "parse")));
  await tick(2000);
  expect(region.textContent).toBe("SigmaHQ: 25 percent");
  await tick(500);
  expect(region.textContent).toBe("SigmaHQ: 50 percent");
  act(() =>
    client.push(
      aJob({
        id: "a",
        version: 6,
        status: "failed",
        error: {
          code: "x",
          message: "No rules",
          retryable: false,
          retry_after_seconds: null,
          phase: null,
          details: null,
        },
      }),
    ),
  );
  await tick(2500);
  expect(region.textContent).toBe("SigmaHQ failed: No rules");
});

test("many at a time are summed up, and the connection is told of", async () => {
  const client = fakeClient();
  const ids = ["a", "b", "c", "d", "e"];
  client.push(...ids.map((id) => aJob({ id, title: id })));
  const { container } = show(<Announcer />, client);
  await tick(0);
  act(() => client.push(...ids.map((id) => aJob({ id, title: id, version: 2, status: "completed" }))));
  await tick(500);
  expect(container.textContent).toBe("a completed. b completed. c completed, and 2 more");
  act(() => client.connect({ state: "offline", transport: null, attempt: 10 }));
  await tick(2500);
  expect(container.textContent).toBe("The connection is lost");
  act(() => client.connect({ state: "connecting", transport: null }));
  act(() => client.connect({ state: "live", transport: "websocket" }));
  await tick(2500);
  expect(container.textContent).toBe("The connection is back");
});
