// The kept happenings of a job: all there are when it is opened, and the newer ones as they happen.

import { useCallback, useEffect, useRef, useState } from "react";
import type { HistoryItem, Job } from "../../../src/job.ts";
import { client } from "../session.ts";

const PAGE = 500;
/** Findings may come fifty a second; who reads them can wait a moment. */
const PAUSE = 1_000;

export interface History {
  readonly items: readonly HistoryItem[];
  /** Whether there are newer ones that were not loaded. */
  readonly more: boolean;
  readonly loading: boolean;
  readonly failed: boolean;
  readonly load: () => void;
}

export function useHistory(job: Job): History {
  const [state, setState] = useState<Omit<History, "load">>({ items: [], more: false, loading: true, failed: false });
  const last = useRef(0);
  const busy = useRef(false);

  const load = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    setState((was) => ({ ...was, loading: true }));
    try {
      const { items, next } = await client.history(job.id, { after: last.current, limit: PAGE });
      const known = last.current;
      last.current = items.at(-1)?.number ?? known;
      setState((was) => ({
        items: [...was.items, ...items.filter((item) => item.number > known)],
        more: next !== null, loading: false, failed: false,
      }));
    } catch {
      setState((was) => ({ ...was, loading: false, failed: true }));
    }
    busy.current = false;
  }, [job.id]);

  // Ticks are not kept, so they are no reason to ask.
  const mark = [job.status, job.phase, job.attempt, job.stalled_at, job.notices.total].join(" ");
  const asked = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, asked.current + PAUSE - Date.now());
    const timer = setTimeout(() => {
      asked.current = Date.now();
      void load();
    }, wait);
    return () => clearTimeout(timer);
  }, [mark, load]);

  return { ...state, load: () => void load() };
}
