// @vitest-environment jsdom
// Cards, cancelling in two steps, retrying, and the connection's chip.

import { act, cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Connection } from "../../src/connection.ts";
import type { Job } from "../../src/job.ts";
import { CancelButton, ConnectionChip, JobCard, ReconnectButton, RetryButton, WatchedJobCard } from "../../src/react.ts";
import { expectAccessible } from "../support/axe.ts";
import { aJob, fakeClient } from "../support/fake-client.ts";
import { show } from "../support/render.tsx";

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-03-01T12:00:00.000Z") }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const iso = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

test("a card tells name, status, count, rate and what is left, which counts down", () => {
  show(<JobCard job={aJob({ id: "a", rate: { per_second: 312.5 }, eta: { seconds: 5, finish_at: iso(5) }, counters: { added: 12 } })} />);
  const card = screen.getByRole("article", { name: "SigmaHQ" });
  for (const text of ["Running", "1,500 of 3,000 rules", "313 rules/s", "5 s left", "Added"]) expect(card.textContent).toContain(text);
  act(() => void vi.advanceTimersByTime(2000));
  expect(card.textContent).toContain("3 s left");
});

test("a card of every status is accessible", async () => {
  vi.useRealTimers();
  const error = { code: "bad_rules", message: "No rule could be read", retryable: true, retry_after_seconds: null, phase: "parse", details: null };
  const jobs: Job[] = [
    aJob({ id: "a", stalled_at: iso(-3) }), aJob({ id: "b", status: "failed", error }), aJob({ id: "c", status: "completed", result: { added: 3 } }),
    aJob({ id: "d", status: "queued", error, started_at: null }), aJob({ id: "e", status: "cancelled", children: { total: 3, finished: 1, failed: 1 } }),
  ];
  const { container } = show(<>{jobs.map((job) => <JobCard key={job.id} job={job} href={() => "/?job=a"} />)}</>);
  expect(container.textContent).toContain("will be tried again");
  expect(container.textContent).toContain("No rule could be read");
  await expectAccessible(container);
});

test("a card that watches its job tells that it is loading, refused or gone", () => {
  const { client, container } = show(<WatchedJobCard id="a" />);
  expect(container.textContent).toBe("Loading…");
  act(() => client.refuse("a", "not_found"));
  expect(container.textContent).toBe("There is no such job.");
  act(() => client.push(aJob({ id: "a" })));
  expect(screen.getByRole("article", { name: "SigmaHQ" })).toBeTruthy();
});

test("cancelling takes two steps, and then the worker's word", async () => {
  const client = fakeClient();
  const job = aJob({ id: "a" });
  client.push(job);
  const Watched = () => <WatchedJobCard id="a" />;
  show(<Watched />, client);
  fireEvent.click(screen.getByRole("button", { name: "Cancel SigmaHQ" }));
  expect(screen.getByRole("group", { name: "Cancel SigmaHQ?" })).toBeTruthy();
  expect(document.activeElement?.textContent).toBe("No");
  expect(client.requests).toEqual([]);
  await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Yes" })));
  expect(client.requests).toEqual(["cancel a"]);
  expect(screen.getByText("Cancelling…")).toBeTruthy();
  act(() => void vi.advanceTimersByTime(10_000));
  expect(screen.getByText("Worker has not answered")).toBeTruthy();
  act(() => client.push(aJob({ id: "a", version: 5, status: "cancelled" })));
  expect(screen.queryByText("Worker has not answered")).toBeNull();
});

test("a step back takes the focus back, by button and by Escape", async () => {
  const { container } = show(<CancelButton job={aJob({ id: "a" })} />);
  for (const back of [() => fireEvent.click(screen.getByText("No")), () => fireEvent.keyDown(screen.getByText("No"), { key: "Escape" })]) {
    fireEvent.click(screen.getByRole("button", { name: "Cancel SigmaHQ" }));
    back();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Cancel SigmaHQ" }));
  }
  vi.useRealTimers();
  await expectAccessible(container);
});

test("a worker that fell silent while cancelling has not answered, however soon", () => {
  const cancel = { requested_at: iso(0), reason: null, by: null };
  show(<CancelButton job={aJob({ id: "a", status: "cancelling", cancel, stalled_at: iso(0) })} />);
  expect(screen.getByText("Worker has not answered")).toBeTruthy();
});

test("a cancel that is refused says why, and may be asked again", async () => {
  const client = fakeClient();
  client.cancel = async () => Promise.reject(new Error("The token may not cancel."));
  show(<CancelButton job={aJob({ id: "a" })} />, client);
  fireEvent.click(screen.getByRole("button", { name: "Cancel SigmaHQ" }));
  await act(async () => void fireEvent.click(screen.getByText("Yes")));
  expect(screen.getByRole("alert").textContent).toBe("The token may not cancel.");
  expect(screen.getByRole("button", { name: "Cancel SigmaHQ" })).toBeTruthy();
});

test("a failed job is retried once, and the new one is handed on", async () => {
  const onRetried = vi.fn();
  const { client } = show(<RetryButton job={aJob({ id: "a", status: "failed" })} onRetried={onRetried} />);
  await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Retry SigmaHQ" })));
  fireEvent.click(screen.getByRole("button", { name: "Retry SigmaHQ" }));
  expect(client.requests).toEqual(["retry a"]);
  expect(onRetried).toHaveBeenCalledWith(expect.objectContaining({ retry_of: "a" }));
});

const CHIPS: readonly [Partial<Connection> & Pick<Connection, "state">, string][] = [
  [{ state: "live", transport: "websocket" }, "LiveWebSocket · 3 s ago"],
  [{ state: "degraded", transport: "polling" }, "Degradedpolling · 3 s ago"],
  [{ state: "reconnecting", transport: null, attempt: 2, nextRetryAt: Date.parse("2026-03-01T12:00:04.000Z") }, "Reconnectingin 4 s · data 3 s old"],
  [{ state: "offline", transport: null, attempt: 10 }, "Offlinedata 3 s old"],
  [{ state: "unauthorized", transport: null }, "Needs a tokendata 3 s old"],
  [{ state: "closed", transport: null, reason: "not_found" }, "Closednot found"],
  [{ state: "live", transport: "websocket", staleSince: "2026-03-01T11:59:30.000Z" }, "StaleWebSocket · data 30 s old"],
];

test.each(CHIPS)("the chip for %o", async (connection, text) => {
  const client = fakeClient();
  client.connect({ heardAt: Date.now() - 3000, ...connection } as typeof connection);
  const { container } = show(<><ConnectionChip /><ReconnectButton /></>, client);
  expect(container.querySelector(".mp-chip")?.textContent).toBe(text);
  expect(container.querySelector(".mp-chip svg")).toBeTruthy();
  expect(screen.queryByRole("button") !== null).toBe(connection.state === "offline" || connection.state === "reconnecting");
  vi.useRealTimers();
  await expectAccessible(container);
});

test("the chip counts on, and the button tries again", () => {
  const client = fakeClient();
  client.connect({ state: "offline", transport: null, heardAt: Date.now() });
  const { container } = show(<><ConnectionChip /><ReconnectButton /></>, client);
  act(() => void vi.advanceTimersByTime(60_000));
  expect(container.textContent).toContain("data 1 min old");
  fireEvent.click(screen.getByRole("button", { name: "Reconnect" }));
  expect(client.requests).toEqual(["reconnect"]);
});
