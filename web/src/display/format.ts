// Numbers, rates, names and times as people read them. Pure functions: the time is a parameter.

import type { Job, JsonObject, Json, Progress } from "../job.ts";

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const FINE = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

/** A name such as `not_started` or `feed:sync` as words: "not started", "feed sync". */
export function words(name: string): string {
  return name.replaceAll(/[_:-]+/g, " ");
}

/** The same for the start of a line: "Feed sync". */
export function heading(name: string): string {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a job is called: its title, or else what kind of job it is. */
export function nameOf(job: Pick<Job, "title" | "kind">): string {
  return job.title || heading(job.kind);
}

/** 1500 as "1,500", 0.256 as "0.26". */
export function number(value: number): string {
  return FINE.format(value);
}

/** "1,500 of 3,000 rules", "1,500 rules", "3.5 MB of 4.1 MB", or "" where nothing was counted. */
export function amount({ current, total, unit }: Omit<Progress, "percent">): string {
  if (total === null && current === 0) return "";
  const size = unit === "bytes" ? bytes : WHOLE.format;
  const counted = total === null ? size(current) : `${size(current)} of ${size(total)}`;
  return unit && unit !== "bytes" ? `${counted} ${unit}` : counted;
}

/** Bytes as "7.1 MB". */
export function bytes(count: number): string {
  const step = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  return `${SHORT.format(count / 1000 ** step)} ${["B", "kB", "MB", "GB", "TB"][step]}`;
}

/** Whole percents, cut and not rounded: 99.9 must not read as done. */
export function percent(value: number | null): string {
  return value === null ? "" : `${Math.floor(value)}%`;
}

/** "313 rules/s", or per minute or hour where a second is too short to see one. */
export function rate(perSecond: number, unit: string | null): string {
  if (unit === "bytes" && perSecond >= 1) return `${bytes(perSecond)}/s`;
  const what = unit ? ` ${unit}` : "";
  if (perSecond >= 100) return `${WHOLE.format(perSecond)}${what}/s`;
  if (perSecond >= 1) return `${SHORT.format(perSecond)}${what}/s`;
  if (perSecond * 60 >= 1) return `${SHORT.format(perSecond * 60)}${what}/min`;
  return perSecond > 0 ? `${SHORT.format(perSecond * 3600)}${what}/h` : "";
}

/** Seconds as "0.4 s", "12 s", "1 min 20 s", "2 h 5 min", "3 d 4 h". */
export function duration(seconds: number): string {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 9.95) return `${Math.round(seconds * 10) / 10} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return pair(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return pair(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return pair(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}

/** Whole seconds only, for what counts up or down in front of the reader. */
export function ticking(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  return s < 10 ? `${s} s` : duration(s);
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Seconds between two times of the service; `until` also in milliseconds. Never below 0. */
export function secondsBetween(since: string, until: string | number): number {
  const end = typeof until === "number" ? until : Date.parse(until);
  return Math.max(0, (end - Date.parse(since)) / 1000);
}

/** How long ago in one unit: "just now", "12 s ago", "5 min ago", "3 h ago", "2 d ago". */
export function ago(timestamp: string, now: number): string {
  const s = secondsBetween(timestamp, now);
  if (s < 5) return "just now";
  if (s < 60) return `${Math.floor(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} d ago`;
}

/** What is left of a job that runs: "2 min 5 s left", "any moment now", or "" where nobody knows. */
export function remaining(job: Pick<Job, "status" | "eta" | "stalled_at">, now: number): string {
  if (job.status !== "running" || job.eta === null || job.stalled_at !== null) return "";
  const left = (Date.parse(job.eta.finish_at) - now) / 1000;
  return left < 1 ? "any moment now" : `${ticking(left)} left`;
}

/** How long a job has run, or ran: "" before it was started. */
export function elapsed(job: Pick<Job, "started_at" | "finished_at">, now: number): string {
  if (job.started_at === null) return "";
  return job.finished_at === null
    ? ticking(secondsBetween(job.started_at, now))
    : duration(secondsBetween(job.started_at, job.finished_at));
}

/** The time of day, or the day too where it was not today. `now` in milliseconds. */
export function when(timestamp: string, now: number): string {
  const at = new Date(timestamp);
  return at.toDateString() === new Date(now).toDateString() ? CLOCK.format(at) : DAY.format(at);
}

/** The plain values of an object as one line: "added 44 · removed 10". What is nested is counted. */
export function summary(object: JsonObject, most = 8): string {
  const entries = Object.entries(object);
  const shown = entries.slice(0, most).map(([name, value]) => `${words(name)} ${plain(value)}`);
  if (entries.length > most) shown.push(`${entries.length - most} more`);
  return shown.join(" · ");
}

function plain(value: Json): string {
  if (typeof value === "number") return number(value);
  if (value === null) return "none";
  if (typeof value === "object") return `${Object.keys(value).length} entries`;
  return String(value);
}
