// One job of the book in a component: drawn again when this job changes, and for no other.

import { useCallback, useSyncExternalStore } from "react";
import type { Job } from "../../../src/job.ts";
import { book } from "../session.ts";

export function useJobOf(id: string): Job | undefined {
  const subscribe = useCallback((listener: () => void) => book.subscribeTo(id, listener), [id]);
  return useSyncExternalStore(subscribe, () => book.jobs.get(id));
}
