// @vitest-environment jsdom
// What is handed to TanStack Query, and what is written into its cache.

import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { feedQueries, jobQueryOptions, jobsQueryOptions, MilepostProvider, useFeedQueries, type QueryCache } from "../../src/react.ts";
import { aJob, fakeClient } from "../support/fake-client.ts";

// As much of a QueryClient as is used: entries by key, found by the beginning of it.
function aCache() {
  const entries = new Map<string, unknown>();
  const text = (key: readonly unknown[]) => JSON.stringify(key);
  const under = (key: readonly unknown[]) => [...entries.keys()].filter((entry) => entry.startsWith(text(key).slice(0, -1)));
  const cache: QueryCache = {
    setQueryData: (key, updater) => void entries.set(text(key), updater(entries.get(text(key)))),
    setQueriesData: ({ queryKey }, updater) => under(queryKey).forEach((key) => entries.set(key, updater(entries.get(key)))),
    removeQueries: ({ queryKey }) => under(queryKey).forEach((key) => entries.delete(key)),
  };
  return { cache, get: (key: readonly unknown[]) => entries.get(text(key)), set: (key: readonly unknown[], value: unknown) => entries.set(text(key), value) };
}

test("one job: its key, its request, and how long it is fresh", async () => {
  const client = fakeClient();
  client.push(aJob({ id: "a" }));
  const { queryKey, queryFn, staleTime } = jobQueryOptions(client, "a");
  expect(queryKey).toEqual(["milepost", "acme", "job", "a"]);
  expect((await queryFn()).id).toBe("a");
  expect(staleTime({ state: { data: aJob({ id: "a" }) } })).toBe(10_000);
  expect(staleTime({ state: { data: aJob({ id: "a", status: "completed" }) } })).toBe(Infinity);
  expect(staleTime({ state: {} })).toBe(10_000);
});

test("lists of equal queries have one key", () => {
  const client = fakeClient();
  const keyOf = (query: Parameters<typeof jobsQueryOptions>[1]) => jobsQueryOptions(client, query).queryKey;
  expect(keyOf({ kind: "scan", status: ["queued", "running"] })).toEqual(keyOf({ status: ["running", "queued"], kind: "scan" }));
  expect(keyOf({ kind: "scan" })).not.toEqual(keyOf({ kind: "scan", limit: 5 }));
});

test("pushed states are written where they are shown, never an older one, and what is gone is removed", async () => {
  const client = fakeClient();
  const { cache, get, set } = aCache();
  const job = jobQueryOptions(client, "a").queryKey;
  const list = jobsQueryOptions(client, { kind: "feed:sync" }).queryKey;
  const other = jobsQueryOptions(client, { kind: "scan" }).queryKey;
  const foreign = { items: [aJob({ id: "z" })], page: null };
  set(list, { items: [aJob({ id: "b" }), aJob({ id: "a" })], page: "next" });
  set(other, foreign);
  set(job, aJob({ id: "a", version: 7 }));
  const stop = feedQueries(client, cache);
  await Promise.resolve();
  client.push(aJob({ id: "a", version: 6 }));
  expect(get(job)).toMatchObject({ version: 7 });
  client.push(aJob({ id: "a", version: 8 }));
  expect(get(job)).toMatchObject({ version: 8 });
  expect(get(list)).toMatchObject({ items: [{ id: "b", version: 1 }, { id: "a", version: 8 }], page: "next" });
  expect(get(other)).toBe(foreign);
  client.drop("a");
  expect(get(job)).toBeUndefined();
  stop();
  expect(client.subscriptions()).toBe(0);
});

test("a mounted component feeds the cache, with a new selector object on every render", () => {
  const client = fakeClient();
  const { cache } = aCache();
  const { rerender, unmount } = renderHook(() => useFeedQueries(cache, { status: "active" }), {
    wrapper: ({ children }) => <MilepostProvider client={client}>{children}</MilepostProvider>,
  });
  const begun = client.begun.count;
  rerender();
  expect(client.begun.count).toBe(begun);
  unmount();
  expect(client.subscriptions()).toBe(0);
});
