// The words of the contract between a worker and the service: a report on its way, and what it is answered.

import { bytes, type JsonObject } from "./text.ts";

export type ReportType =
  | "started" | "phase" | "progress" | "notice" | "heartbeat" | "retrying" | "completed" | "failed" | "cancelled";

/** A report before it is addressed and numbered. */
export interface Report {
  readonly type: ReportType;
  readonly fields: JsonObject;
  /** Bytes that it takes while it waits. */
  readonly size: number;
}

export function report(type: ReportType, fields: JsonObject): Report {
  return { type, fields, size: bytes(fields) };
}

/** A report as it is sent. */
export interface Item {
  readonly report: Report;
  readonly body: JsonObject;
}

/** What one report, or a creation, is answered: the state it met, or why it was refused. */
export interface Heard {
  readonly attempt?: number | undefined;
  readonly cancelRequested?: boolean | undefined;
  /** Refused: the code of the problem; else undefined. */
  readonly code?: string | undefined;
  /** For people. */
  readonly detail?: string | undefined;
  /** Where the job stands, as a refusal tells it. */
  readonly status?: string | undefined;
  /** Refused only for now. */
  readonly later?: boolean | undefined;
  /** Seconds to stay away, where that says so. */
  readonly after?: number | null;
}

/** The code where the request was refused, for whatever reason, and not this report in it. */
export const REQUEST = "request_refused";

export function isEnding(type: ReportType): boolean {
  return type === "completed" || type === "failed" || type === "cancelled";
}

/** The same ending without what a program put into it; null where there is no less to say. */
export function bareEnding({ type, fields }: Report): Report | null {
  const error = fields["error"] as { code: string; message: string; retryable: boolean } | undefined;
  const bare: JsonObject = error ? { error: { code: "error", message: error.message, retryable: error.retryable } } : {};
  return JSON.stringify(bare) === JSON.stringify(fields) ? null : report(type, bare);
}
