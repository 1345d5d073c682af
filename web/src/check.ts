// What may enter: a frame, or the tiles, with the fields that views rely on. Fields that are not known here pass, so that
// a newer service can say more.

import type { Frame, Summary } from "./job.ts";

type Shape = { readonly [field: string]: string | Shape | readonly [Shape] };

const text = "string";
const label = "string null";
const phase: Shape = { name: text, status: text, weight: "number", current: "number", total: "number null" };
const notice: Shape = { number: "number", at: text, level: text, message: text };
const frame: Shape = {
  type: text,
  timestamp: text,
  data: {
    project: text, id: text, kind: text, title: label, subject: label, owner: label, parent: label,
    version: "number", status: text, attempt: "number", message: label,
    progress: { current: "number", total: "number null", unit: label, percent: "number null" },
    phase: label, phases: [phase], rate: "object null", eta: "object null", counters: "object", metadata: "object",
    notices: { total: "number", recent: [notice] }, children: "object null", cancel: "object null", stalled_at: label,
    result: "object null", error: "object null", created_at: text, started_at: label, updated_at: text, finished_at: label,
  },
};
const summary: Shape = {
  total: "number", stalled: "number", by_status: "object", by_kind: "object",
  last_24h: { completed: "number", failed: "number", cancelled: "number" },
};
const STATUS = /^(queued|running|cancelling|completed|failed|cancelled)$/;

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function fits(value: unknown, shape: Shape): boolean {
  if (kindOf(value) !== "object") return false;
  const fields = value as { readonly [field: string]: unknown };
  return Object.entries(shape).every(([name, wanted]) => {
    const field = fields[name];
    if (typeof wanted === "string") return wanted.split(" ").includes(kindOf(field));
    if (Array.isArray(wanted)) return Array.isArray(field) && field.every((item) => fits(item, wanted[0]));
    return fits(field, wanted as Shape);
  });
}

/** Whether this is a frame as the contract has it, as far as anybody here looks. */
export function isFrame(value: unknown): value is Frame {
  if (!fits(value, frame)) return false;
  const { data } = value as Frame;
  return STATUS.test(data.status) && Number.isInteger(data.version) && data.version > 0;
}

export function isSummary(value: unknown): value is Summary {
  return fits(value, summary);
}
