// All notices that are known of a job, each once, the newest first. Pure.

import type { HistoryItem, Job, JsonObject, Level, Notice } from "../../../src/job.ts";
import { happeningOf } from "./happening.ts";

const LEVELS: ReadonlySet<unknown> = new Set<Level>(["info", "success", "warning", "error"]);

export function noticesOf(job: Pick<Job, "notices">, history: readonly HistoryItem[]): Notice[] {
  const all = new Map<number, Notice>();
  for (const item of history) {
    const notice = happeningOf(item.type) === "notice" ? fromHistory(item) : null;
    if (notice !== null) all.set(notice.number, notice);
  }
  for (const notice of job.notices.recent) all.set(notice.number, notice);
  return [...all.values()].sort((a, b) => b.number - a.number);
}

function isLevel(value: unknown): value is Level {
  return LEVELS.has(value);
}

function fromHistory({ at, data }: HistoryItem): Notice | null {
  const { number, level, code, message, data: more } = data;
  if (typeof number !== "number" || typeof message !== "string") return null;
  const isObject = typeof more === "object" && more !== null && !Array.isArray(more);
  return {
    number, at, message, level: isLevel(level) ? level : "info",
    code: typeof code === "string" ? code : null, data: isObject ? (more as JsonObject) : {},
  };
}
