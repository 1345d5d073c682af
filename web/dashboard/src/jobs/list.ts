// What the list shows: the jobs of the book that fulfil the conditions, with the ended ones fetched page by page, in
// sections that keep still while a reader points at them. Knows nothing of pixels.

import type { ProgressClient } from "../../../src/client.ts";
import { isTerminal, type Job } from "../../../src/job.ts";
import { Problem } from "../../../src/problem.ts";
import type { Grouping } from "../route.ts";
import { arrange, countNewer, sameArrangement, type Section } from "./arrange.ts";
import type { Book } from "./book.ts";
import { matches, toQuery, type Filters } from "./filters.ts";

const PAGE = 100;
/** How long a job that ended in front of the reader stays where it ran. */
const LINGER = 8_000;

export interface ListState {
  readonly sections: readonly Section[];
  /** Jobs that are not shown yet, because the reader points at those that are. */
  readonly newer: number;
  /** Whether the first page is there. */
  readonly ready: boolean;
  readonly loading: boolean;
  /** Whether there are older ones to load. */
  readonly more: boolean;
  readonly error: Problem | null;
}

export interface JobList {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => ListState;
  /** Whether a reader points at the rows: while so, none of them changes its place. */
  hold(held: boolean): void;
  /** Shows what was held back. */
  release(): void;
  loadMore(): void;
  /** Asks again for what is there: after an error, or a gap. */
  reload(): void;
  close(): void;
}

const EMPTY: ListState = { sections: [], newer: 0, ready: false, loading: false, more: false, error: null };

export function openList(
  client: Pick<ProgressClient, "list">, book: Book, filters: Filters, group: Grouping,
): JobList {
  const listeners = new Set<() => void>();
  const stop = new AbortController();
  const seenActive = new Set<string>();
  let state = EMPTY;
  let held = false;
  let page: string | null = null;
  // Below this creation nothing has been asked for yet: an ended job from there would stand in the wrong company.
  let horizon = "9999";
  // The newest creation of the last page from the top.
  let newest = "";
  let timer: ReturnType<typeof setTimeout> | undefined;

  function set(part: Partial<ListState>) {
    state = { ...state, ...part };
    for (const listener of listeners) listener();
  }

  function lingers(job: Job): boolean {
    return seenActive.has(job.id) && job.finished_at !== null && (endedAt.get(job.id) ?? 0) + LINGER > Date.now();
  }

  // By this machine's clock, as it was heard here.
  const endedAt = new Map<string, number>();

  function next(): Section[] {
    const now = Date.now();
    const shown: Job[] = [];
    for (const job of book.jobs.values()) {
      const ended = isTerminal(job.status);
      if (!ended) seenActive.add(job.id);
      else if (seenActive.has(job.id) && !endedAt.has(job.id)) endedAt.set(job.id, now);
      if (book.gone.has(job.id) || !matchesHere(job, ended, now)) continue;
      shown.push(job);
    }
    return arrange(shown, group, lingers);
  }

  function matchesHere(job: Job, ended: boolean, now: number): boolean {
    if (matches(job, filters, now)) return !ended || lingers(job) || job.created_at >= horizon;
    // One that ran on screen is not taken away the moment it ends: its end is what the reader waits for.
    return ended && lingers(job) && matches(job, { ...filters, status: [] }, now);
  }

  function arrangeAgain() {
    const sections = next();
    schedule();
    if (held && state.ready) {
      const newer = countNewer(state.sections, sections);
      if (newer !== state.newer) set({ newer });
    } else if (state.newer > 0 || !sameArrangement(state.sections, sections)) {
      set({ sections, newer: 0 });
    }
  }

  // What lingers is to go on at some time, although no frame will come for it.
  function schedule() {
    clearTimeout(timer);
    const due = [...endedAt].filter(([, at]) => at + LINGER > Date.now());
    for (const [id, at] of endedAt) {
      if (at + LINGER > Date.now()) continue;
      endedAt.delete(id);
      seenActive.delete(id);
    }
    if (due.length > 0) timer = setTimeout(arrangeAgain, LINGER / 4);
  }

  async function load(from: string | null) {
    if (state.loading) return;
    set({ loading: true, error: null });
    try {
      const query = { ...toQuery(filters, Date.now()), limit: PAGE, ...(from !== null && { page: from }) };
      const answer = await client.list(query, { signal: stop.signal });
      const oldest = answer.items.at(-1)?.created_at ?? "";
      // A page asked for anew from the top does not take back what was loaded below it, unless there is a gap between.
      if (from !== null || horizon === "9999" || answer.page === null || oldest > newest) {
        page = answer.page;
        horizon = page === null ? "" : oldest;
      }
      if (from === null) newest = answer.items[0]?.created_at ?? newest;
      book.take(answer.items);
      set({ loading: false, ready: true, more: page !== null });
      arrangeAgain();
    } catch (error) {
      if (stop.signal.aborted) return;
      set({ loading: false, error: error instanceof Problem ? error : new Problem(0, "unreachable", String(error)) });
    }
  }

  let { edition, synced } = book.getSnapshot();
  const leave = book.subscribe(() => {
    const now = book.getSnapshot();
    if (now.edition !== edition) arrangeAgain();
    // Every later "synced" of the stream follows a gap: what ended in it was perhaps not told.
    if (now.synced && !synced) void load(null);
    ({ edition, synced } = now);
  });
  void load(null);

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,
    hold(now) {
      held = now;
      if (!held) arrangeAgain();
    },
    release() {
      const was = held;
      held = false;
      arrangeAgain();
      held = was;
    },
    loadMore: () => void (page !== null && load(page)),
    reload: () => void load(null),
    close() {
      stop.abort();
      clearTimeout(timer);
      leave();
    },
  };
}
