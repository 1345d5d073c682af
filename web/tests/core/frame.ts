// Frames as the service would send them, and which of them a query selects.

import type { Frame, Job, Selector, Status } from "../../src/job.ts";

/** What may be asked beside the selection. */
export type Query = Selector & { readonly cursor?: string; readonly summary?: boolean };

export const NOW = "2026-11-20T16:00:00.000Z";

export function frame(id: string, version = 1, more: Partial<Job> = {}): Frame {
  const status: Status = more.status ?? "running";
  const over = status === "completed" || status === "failed" || status === "cancelled";
  const data: Job = {
    project: "acme",
    id,
    kind: "scan",
    title: null,
    subject: null,
    owner: null,
    parent: null,
    retry_of: null,
    version,
    status,
    attempt: 1,
    message: null,
    progress: {
      current: version,
      total: 100,
      unit: null,
      percent: status === "completed" ? 100 : Math.min(99, version),
    },
    phase: null,
    phases: [],
    rate: null,
    eta: null,
    counters: {},
    metadata: {},
    notices: { total: 0, recent: [] },
    children: null,
    cancel: null,
    stalled_at: null,
    result: status === "completed" ? {} : null,
    error:
      status === "failed"
        ? {
            code: "broken",
            message: "it broke",
            retryable: true,
            retry_after_seconds: null,
            phase: null,
            details: null,
          }
        : null,
    created_at: NOW,
    started_at: NOW,
    updated_at: NOW,
    finished_at: over ? NOW : null,
    ...more,
  };
  return { type: `${data.kind}:${over ? status : "progress"}`, timestamp: NOW, data };
}

export function selects(query: Query, { data }: Frame): boolean {
  const one = <T>(wanted: T | readonly T[] | undefined, value: unknown) =>
    wanted === undefined || ([wanted].flat() as unknown[]).includes(value);
  return (
    one(query.job, data.id) &&
    one(query.kind, data.kind) &&
    one(query.subject, data.subject) &&
    one(query.owner, data.owner) &&
    one(query.parent, data.parent) &&
    one(query.status, data.status)
  );
}
