// What narrows the list: how it is written in the address, asked of the service, and held against a job that has just
// come over the stream. Pure functions; the time is a parameter.

import type { ListQuery } from "../../../src/client.ts";
import { isTerminal, type Job, type Status } from "../../../src/job.ts";

/** `active` stands for everything that has not ended, as in the service's own selectors. */
export type StatusFilter = Status | "active";

/** "" and [] = no condition. `after` and `before` are times, or ages such as `24h`. Both speak of the creation. */
export interface Filters {
  readonly status: readonly StatusFilter[];
  readonly kind: string;
  readonly subject: string;
  readonly owner: string;
  readonly q: string;
  readonly after: string;
  readonly before: string;
}

export const NO_FILTERS: Filters = { status: [], kind: "", subject: "", owner: "", q: "", after: "", before: "" };

const STATUSES: ReadonlySet<string> = new Set([
  "active", "queued", "running", "cancelling", "completed", "failed", "cancelled",
]);
const TEXTS = ["kind", "subject", "owner", "q", "after", "before"] as const;
const AGE = /^(\d{1,4})([mhd])$/;
const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function isStatus(text: string): text is StatusFilter {
  return STATUSES.has(text);
}

/** Reads the conditions of an address; what makes no sense counts as not said. */
export function readFilters(query: URLSearchParams): Filters {
  const text = (name: string) => query.get(name)?.trim() ?? "";
  const time = (name: string) => (moment(text(name), 0) === null ? "" : text(name));
  return {
    status: [...new Set(query.getAll("status"))].filter(isStatus),
    kind: text("kind"),
    subject: text("subject"),
    owner: text("owner"),
    q: text("q"),
    after: time("after"),
    before: time("before"),
  };
}

/** Writes the conditions into an address, in one order whatever was chosen first. */
export function writeFilters(filters: Filters, query: URLSearchParams): void {
  for (const status of filters.status) query.append("status", status);
  for (const name of TEXTS) if (filters[name] !== "") query.set(name, filters[name]);
}

/** How many conditions there are. */
export function countFilters(filters: Filters): number {
  return (filters.status.length > 0 ? 1 : 0) + TEXTS.filter((name) => filters[name] !== "").length;
}

/** A time, or an age counted back from `now`, in milliseconds since 1970; null where it is neither. */
export function moment(text: string, now: number): number | null {
  const age = AGE.exec(text);
  if (age) return now - Number(age[1]) * UNITS[age[2] as keyof typeof UNITS];
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** The same conditions for `GET …/jobs`. */
export function toQuery(filters: Filters, now: number): ListQuery {
  const after = moment(filters.after, now);
  const before = moment(filters.before, now);
  return {
    ...(filters.status.length > 0 && { status: filters.status }),
    ...(filters.kind && { kind: filters.kind }),
    ...(filters.subject && { subject: filters.subject }),
    ...(filters.owner && { owner: filters.owner }),
    ...(filters.q && { q: filters.q }),
    ...(after !== null && { created_after: new Date(after).toISOString() }),
    ...(before !== null && { created_before: new Date(before).toISOString() }),
  };
}

/** Whether a job fulfils all conditions. */
export function matches(job: Job, filters: Filters, now: number): boolean {
  const { status, kind, subject, owner, q } = filters;
  if (status.length > 0 && !status.some((one) => (one === "active" ? !isTerminal(job.status) : one === job.status))) {
    return false;
  }
  if (kind !== "" && job.kind !== kind) return false;
  if (subject !== "" && job.subject !== subject) return false;
  if (owner !== "" && job.owner !== owner) return false;
  if (q !== "" && !(job.title ?? "").toLowerCase().includes(q.toLowerCase())) return false;
  const created = Date.parse(job.created_at);
  const after = moment(filters.after, now);
  const before = moment(filters.before, now);
  return (after === null || created >= after) && (before === null || created < before);
}
