// The list of notifications: what ended, with a mark for what has been read. Pure functions on an immutable list.

import { isTerminal, type Job, type Status } from "../../../src/job.ts";

export interface Notification {
  readonly job: string;
  readonly title: string;
  readonly kind: string;
  readonly status: Status;
  /** When it happened, RFC 3339. */
  readonly at: string;
  /** The error of a failed one. */
  readonly message: string | null;
  readonly read: boolean;
}

const MOST = 200;

export function isNotifications(value: unknown): value is Notification[] {
  return Array.isArray(value) && value.every((one: unknown) =>
    typeof one === "object" && one !== null && "job" in one && typeof one.job === "string" &&
    "at" in one && typeof one.at === "string" && "status" in one && typeof one.status === "string" &&
    "title" in one && typeof one.title === "string" && "kind" in one && typeof one.kind === "string");
}

/** Adds the ended ones among the jobs; each only once, the newest first, and no more than are worth keeping. */
export function withEnded(list: readonly Notification[], jobs: Iterable<Job>): readonly Notification[] {
  const known = new Set(list.map((one) => one.job));
  const news: Notification[] = [];
  for (const job of jobs) {
    if (!isTerminal(job.status) || job.finished_at === null || known.has(job.id)) continue;
    known.add(job.id);
    news.push({
      job: job.id, title: job.title ?? "", kind: job.kind, status: job.status, at: job.finished_at,
      message: job.error?.message ?? null, read: false,
    });
  }
  if (news.length === 0) return list;
  return [...news, ...list].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, MOST);
}

/** Marks one, or all without a name, as read. */
export function withRead(list: readonly Notification[], job?: string): readonly Notification[] {
  const concerns = (one: Notification) => !one.read && (job === undefined || one.job === job);
  return list.some(concerns) ? list.map((one) => (concerns(one) ? { ...one, read: true } : one)) : list;
}

/** Two lists as one, for two tabs that both wrote: read in one is read. */
export function merged(a: readonly Notification[], b: readonly Notification[]): readonly Notification[] {
  const all = new Map(a.map((one) => [one.job, one]));
  for (const one of b) all.set(one.job, { ...one, read: one.read || (all.get(one.job)?.read ?? false) });
  return [...all.values()].sort((x, y) => (x.at < y.at ? 1 : x.at > y.at ? -1 : 0)).slice(0, MOST);
}

export function countUnread(list: readonly Notification[]): number {
  return list.reduce((sum, one) => sum + (one.read ? 0 : 1), 0);
}
