// @vitest-environment jsdom
// What is handed to TanStack Query, and what is written into its cache.

import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test } from "vitest";
import {
  feedQueries,
  jobQueryOptions,
  jobsQueryOptions,
  MilepostProvider,
  useFeedQueries,
} from "../../src/react.ts";
import { aJob, fakeClient } from "../support/fake-client.ts";

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
  expect(keyOf({ kind: "scan", status: ["queued", "running"] })).toEqual(
    keyOf({ status: ["running", "queued"], kind: "scan" }),
  );
  expect(keyOf({ kind: "scan" })).not.toEqual(keyOf({ kind: "scan", limit: 5 }));
});

test("pushed states are written where they are shown, never an older one, and what is gone is removed", async () => {
  const client = fakeClient();
  const cache = new QueryClient();
  const get = (key: readonly unknown[]) => cache.getQueryData(key);
  const set = (key: readonly unknown[], value: unknown) => cache.setQueryData(key, value);
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
  expect(get(list)).toMatchObject({
    items: [
      { id: "b", version: 1 },
      { id: "a", version: 8 },
    ],
    page: "next",
  });
  expect(get(other)).toBe(foreign);
  client.drop("a");
  expect(get(job)).toBeUndefined();
  stop();
  expect(client.subscriptions()).toBe(0);
});

test("a component that asks by useQuery is drawn again by what is pushed, without another request", async () => {
  const client = fakeClient();
  client.push(aJob({ id: "a", version: 1 }));
  const cache = new QueryClient();
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <MilepostProvider client={client}><QueryClientProvider client={cache}>{children}</QueryClientProvider></MilepostProvider>
  );
  const { result, unmount } = renderHook(() => {
    useFeedQueries(cache);
    return useQuery(jobQueryOptions(client, "a"));
  }, { wrapper });
  await waitFor(() => expect(result.current.data?.version).toBe(1));
  act(() => client.push(aJob({ id: "a", version: 2, status: "completed" })));
  await waitFor(() => expect(result.current.data).toMatchObject({ version: 2, status: "completed" }));
  expect(result.current.isStale).toBe(false);
  unmount();
  cache.clear();
});

test("a mounted component feeds the cache, with a new selector object on every render", () => {
  const client = fakeClient();
  const cache = new QueryClient();
  const { rerender, unmount } = renderHook(() => useFeedQueries(cache, { status: "active" }), {
    wrapper: ({ children }) => <MilepostProvider client={client}>{children}</MilepostProvider>,
  });
  const begun = client.begun.count;
  rerender();
  expect(client.begun.count).toBe(begun);
  unmount();
  expect(client.subscriptions()).toBe(0);
});
