// @vitest-environment jsdom
// The hooks: what they show, how often they subscribe, and whom they tell of an end.

import { act, cleanup, render, renderHook } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import type { Selector } from "../../src/job.ts";
import { MilepostProvider, useConnection, useJob, useJobs, useSummary } from "../../src/react.ts";
import { aJob, fakeClient } from "../support/fake-client.ts";

afterEach(cleanup);

function setUp(strict = true) {
  const client = fakeClient();
  const inside = ({ children }: { children: ReactNode }) => (
    <MilepostProvider client={client}>{children}</MilepostProvider>
  );
  const wrapper = strict
    ? ({ children }: { children: ReactNode }) => <StrictMode>{inside({ children })}</StrictMode>
    : inside;
  return { client, wrapper };
}

test("a job is loading, then shown as it changes, then gone", () => {
  const { client, wrapper } = setUp();
  const { result } = renderHook(() => useJob("a"), { wrapper });
  expect(result.current.state).toBe("loading");
  act(() => client.push(aJob({ id: "a", version: 1 })));
  act(() => client.push(aJob({ id: "a", version: 2 })));
  expect(result.current.job?.version).toBe(2);
  act(() => client.drop("a"));
  expect(result.current).toMatchObject({ state: "gone", job: { version: 2 } });
});

test("without an id nothing is watched", () => {
  const { client, wrapper } = setUp(false);
  const before = client.begun.count;
  const { result } = renderHook(() => useJob(null, { onSettled: () => {} }), { wrapper });
  expect(result.current.state).toBe("loading");
  expect(client.begun.count - before).toBe(1); // the clock alone
});

test("new inline functions and objects restart nothing", async () => {
  const { client, wrapper } = setUp(false);
  const { rerender } = renderHook(
    () => {
      useJob("a", { onJob: () => {}, onSettled: () => {} });
      useJobs({ status: ["running", "queued"], kind: "scan" }, { onSettled: () => {} });
    },
    { wrapper },
  );
  const begun = client.begun.count;
  for (let i = 0; i < 50; i += 1) rerender();
  expect(client.begun.count).toBe(begun);
});

test("a selector with the same content in another order restarts nothing, another content does", () => {
  const { client, wrapper } = setUp(false);
  const { rerender } = renderHook(({ what }: { what: Selector }) => useJobs(what), {
    wrapper,
    initialProps: { what: { status: ["running", "queued"], kind: "scan" } },
  });
  const begun = client.begun.count;
  rerender({ what: { kind: "scan", status: ["queued", "running", "queued"] } });
  expect(client.begun.count).toBe(begun);
  rerender({ what: { kind: "scan" } });
  expect(client.begun.count).toBe(begun + 1);
});

test("the newest handler is called, once, also in strict mode and where the job had ended before", async () => {
  const { client, wrapper } = setUp();
  client.push(aJob({ id: "a", status: "completed" }));
  const first = vi.fn();
  const second = vi.fn();
  const { rerender } = renderHook(({ onSettled }) => useJob("a", { onSettled }), {
    wrapper,
    initialProps: { onSettled: first },
  });
  rerender({ onSettled: second });
  await act(async () => {});
  expect(first).not.toHaveBeenCalled();
  expect(second).toHaveBeenCalledTimes(1);
  act(() => client.push(aJob({ id: "a", status: "completed", version: 3 })));
  expect(second).toHaveBeenCalledTimes(1);
});

test("a selection tells of jobs that end while it is watched, and of no others", async () => {
  const { client, wrapper } = setUp();
  client.push(aJob({ id: "old", status: "failed" }), aJob({ id: "a" }));
  const onSettled = vi.fn();
  const { result } = renderHook(() => useJobs({ kind: "feed:sync" }, { onSettled }), { wrapper });
  await act(async () => {});
  expect(result.current.jobs.map((job) => job.id)).toEqual(["a", "old"]);
  expect(onSettled).not.toHaveBeenCalled();
  act(() => client.push(aJob({ id: "a", status: "completed", version: 2 })));
  act(() => client.push(aJob({ id: "quick", status: "completed" })));
  expect(onSettled.mock.calls.map(([job]) => job.id)).toEqual(["a", "quick"]);
});

test("connection and summary are drawn as they change", () => {
  const { client, wrapper } = setUp();
  const { result } = renderHook(() => ({ connection: useConnection(), summary: useSummary() }), { wrapper });
  expect(result.current).toMatchObject({ connection: { state: "live" }, summary: null });
  act(() => {
    client.connect({ state: "offline", transport: null });
    client.summarize({
      total: 3,
      stalled: 0,
      by_status: { queued: 0, running: 3, cancelling: 0, completed: 0, failed: 0, cancelled: 0 },
      by_kind: {},
      last_24h: { completed: 0, failed: 0, cancelled: 0 },
    });
  });
  expect(result.current).toMatchObject({ connection: { state: "offline" }, summary: { total: 3 } });
});

test("10,000 mounts leave nothing behind", () => {
  const client = fakeClient();
  function Everything({ at }: { at: number }) {
    useJob(`job-${at % 100}`, { onJob: () => {}, onSettled: () => {} });
    useJobs({ status: "active" }, { onSettled: () => {} });
    useConnection();
    useSummary();
    return null;
  }
  const { rerender, unmount } = render(<MilepostProvider client={client} />);
  const atRest = client.subscriptions();
  for (let at = 0; at < 10_000; at += 1) {
    rerender(
      <MilepostProvider client={client}>
        <Everything key={at} at={at} />
      </MilepostProvider>,
    );
    expect(client.subscriptions()).toBe(atRest + 6);
  }
  rerender(<MilepostProvider client={client} />);
  expect(client.subscriptions()).toBe(atRest);
  unmount();
  expect(client.subscriptions()).toBe(0);
});

test("a hook without a provider says what is missing", () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  expect(() => renderHook(() => useConnection())).toThrow("<MilepostProvider client={…}>");
  vi.restoreAllMocks();
});
