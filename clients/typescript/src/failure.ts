// Why a job ended otherwise than well: what a program may throw to say it exactly, what is thrown at it when it is to
// stop, and how anything else that was thrown is told.

import { cut, given, MAX, object, type JsonObject } from "./text.ts";

export interface FailureOptions {
  /** Whether running it again may help. Default: no. */
  readonly retryable?: boolean;
  /** When, in seconds. */
  readonly retryAfter?: number;
  /** For who looks into it: at most 16 KiB as JSON. */
  readonly details?: object;
  /** What caused it. */
  readonly cause?: unknown;
}

/** A failure in the words of the contract: thrown out of `run`, or given to `job.fail`. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly details: object | undefined;

  /** `code` is stable, in snake case; `message` is for people. */
  constructor(readonly code: string, message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable ?? false;
    this.retryAfter = options.retryAfter;
    this.details = options.details;
  }
}

/** Why a job is to stop: a person asked; another worker has it; it has ended without us; the process is to end. */
export type StopCode = "cancelled" | "fenced" | "finished" | "interrupted";

/** The reason of `job.signal`, and what `throwIfCancelled` throws. Its name is that of every abort: `AbortError`. */
export class Cancelled extends Error {
  override readonly name = "AbortError";

  constructor(readonly code: StopCode, message: string) {
    super(message);
  }
}

/** Whether `error` is what a job throws because it heard of `signal`. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"));
}

/** The `error` of a report, from whatever was thrown. */
export function describe(error: unknown): JsonObject {
  if (error instanceof Failure) {
    const { code, message, retryable, retryAfter, details } = error;
    const seconds = retryAfter === undefined ? undefined : Math.max(0, Math.ceil(retryAfter));
    return given({
      code: codeOf(code), message: cut(message, MAX.message), retryable,
      retry_after_seconds: seconds, details: details && object(details, MAX.result),
    });
  }
  if (!(error instanceof Error)) return { code: "error", message: cut(error, MAX.message), retryable: false };
  const message = cut(error.message || error.name, MAX.message);
  return { code: codeOf(error.name), message, retryable: false, details: traced(error) };
}

/** `TypeError` → `type_error`: lower case, digits and `_`, a letter first. */
function codeOf(name: string): string {
  const words = String(name).replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$3_$2").toLowerCase();
  const code = words.replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, MAX.name);
  return code || "error";
}

/** The lines of a stack that are worth sending. */
const LINES = 12;

function traced(error: Error): JsonObject {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const stack = frames.slice(0, LINES).map((line) => cut(line.trim(), 300)).join("\n");
  const cause = error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : error.cause;
  return given({ stack: stack || undefined, cause: cause === undefined ? undefined : cut(cause, MAX.message) });
}
