// What may enter: a frame, or the tiles, with the fields that views rely on. Fields that are not known here pass, so
// that a newer service can say more.

import type { Frame, Summary } from "./job.ts";

/** Which fields are of which kind; `?` = or null. */
const JOB = {
  string: "project id kind created_at updated_at",
  "string?": "title subject owner parent message phase stalled_at started_at finished_at",
  number: "version attempt",
  object: "progress counters metadata notices",
  "object?": "rate eta children cancel result error",
  array: "phases",
};
const COUNT = { number: "current", "number?": "total" };
const STATUS = /^(queued|running|cancelling|completed|failed|cancelled)$/;

type Fields = { readonly [field: string]: unknown };

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
}

function has(value: unknown, wanted: { readonly [kind: string]: string }): value is Fields {
  if (kindOf(value) !== "object") return false;
  const fields = value as Fields;
  return Object.entries(wanted).every(([kind, names]) => names.split(" ").every((name) => {
    const found = kindOf(fields[name]);
    return found === kind || `${found}?` === kind || found === "null" && kind.endsWith("?");
  }));
}

/** Whether this is a frame as the contract has it, as far as anybody here looks. */
export function isFrame(value: unknown): value is Frame {
  if (!has(value, { string: "type timestamp", object: "data" })) return false;
  const job = value["data"];
  if (!has(job, JOB)) return false;
  const { phases, notices } = job as unknown as Frame["data"];
  return STATUS.test(String(job["status"])) && Number(job["version"]) > 0
    && has(job["progress"], { ...COUNT, "number?": "total percent", "string?": "unit" })
    && phases.every((phase) => has(phase, { ...COUNT, string: "name status" }))
    && has(notices, { number: "total", array: "recent" })
    && notices.recent.every((notice) => has(notice, { number: "number", string: "at level message" }));
}

export function isSummary(value: unknown): value is Summary {
  return has(value, { number: "total stalled", object: "by_status by_kind last_24h" });
}
