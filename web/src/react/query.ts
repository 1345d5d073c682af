// For apps that keep what they fetched in TanStack Query: options for its hooks, and pushed states written into its
// cache. Knows only the shape of a QueryClient, so nothing needs to be installed.

import { useEffect } from "react";
import type { ListQuery, ProgressClient } from "../client.ts";
import { isTerminal, type Job, type JsonObject, type Selector } from "../job.ts";
import { keyOf, normal } from "../selector.ts";
import { useClient } from "./context.tsx";
import { useSelector } from "./use-jobs.ts";

/** What is used of a QueryClient. */
export interface QueryCache {
  setQueryData(queryKey: readonly unknown[], updater: (before: unknown) => unknown): unknown;
  setQueriesData(filters: { queryKey: readonly unknown[] }, updater: (before: unknown) => unknown): unknown;
  removeQueries(filters: { queryKey: readonly unknown[] }): unknown;
}

interface Fetching {
  readonly signal?: AbortSignal;
}

interface Page<R, M> {
  items: Job<R, M>[];
  page: string | null;
}

/** How long an answer is good for, in milliseconds: a job that has ended never changes again. */
const FRESH = 10_000;

const under = (client: ProgressClient, ...rest: unknown[]) => ["milepost", client.project, ...rest] as const;

/** Options of `useQuery` for one job. */
export function jobQueryOptions<R = JsonObject, M = JsonObject>(client: ProgressClient, id: string) {
  return {
    queryKey: under(client, "job", id),
    queryFn: ({ signal }: Fetching = {}): Promise<Job<R, M>> => client.get<R, M>(id, signal ? { signal } : {}),
    staleTime: (query: { readonly state: { readonly data?: Job<R, M> | undefined } }) =>
      query.state.data && isTerminal(query.state.data.status) ? Infinity : FRESH,
  };
}

/** Options of `useQuery` for one page of the list. */
export function jobsQueryOptions<R = JsonObject, M = JsonObject>(client: ProgressClient, query: ListQuery = {}) {
  const { q, created_after, created_before, limit, page } = query;
  return {
    queryKey: under(client, "jobs", keyOf(normal(query)), { q, created_after, created_before, limit, page }),
    queryFn: ({ signal }: Fetching = {}): Promise<Page<R, M>> => client.list<R, M>(query, signal ? { signal } : {}),
    staleTime: FRESH,
  };
}

/** Writes each pushed state into the cache, until the returned function is called. */
export function feedQueries(client: ProgressClient, cache: QueryCache, selector: Selector = {}): () => void {
  const watch = client.watch(selector, {
    onJob(job) {
      cache.setQueryData(under(client, "job", job.id), (before) => newer(before as Job | undefined, job));
      cache.setQueriesData({ queryKey: under(client, "jobs") }, (before) => replaced(before as Page<unknown, unknown>, job));
    },
    onGone: (id) => cache.removeQueries({ queryKey: under(client, "job", id) }),
  });
  return () => watch.stop();
}

/** The same for as long as a component is mounted. */
export function useFeedQueries(cache: QueryCache, selector: Selector = {}): void {
  const client = useClient();
  const what = useSelector(selector);
  useEffect(() => feedQueries(client, cache, what), [client, cache, what]);
}

function newer(before: Job | undefined, job: Job): Job {
  return before && before.version >= job.version ? before : job;
}

// The same object where the page does not show the job, so that nothing is drawn again.
function replaced(before: Page<unknown, unknown> | undefined, job: Job): Page<unknown, unknown> | undefined {
  const at = before?.items.findIndex((item) => item.id === job.id) ?? -1;
  if (!before || at < 0 || before.items[at]!.version >= job.version) return before;
  return { ...before, items: before.items.with(at, job) };
}
