// The jobs of one kind that the book knows, the newest first: the active ones as they come, and the last ended ones,
// which are asked for once.

import { useEffect, useMemo } from "react";
import type { ListQuery } from "../../../src/client.ts";
import type { Job } from "../../../src/job.ts";
import { newestFirst } from "../jobs/arrange.ts";
import { book, client } from "../session.ts";
import { useStore } from "../use-store.ts";

const ENDED = ["completed", "failed", "cancelled"] as const;

export function useKind(kind: string, queries: readonly ListQuery[]): readonly Job[] {
  const { edition } = useStore(book);
  const asked = JSON.stringify(queries);
  useEffect(() => {
    for (const query of JSON.parse(asked) as ListQuery[]) {
      // Without an answer there is simply less to see; the list of jobs says why.
      client.list({ kind, status: ENDED, ...query }).then(({ items }) => book.take(items), () => {});
    }
  }, [kind, asked]);
  return useMemo(() => {
    void edition;
    return [...book.jobs.values()].filter((job) => job.kind === kind && !book.gone.has(job.id)).sort(newestFirst);
  }, [kind, edition]);
}
