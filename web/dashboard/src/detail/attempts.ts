// The attempts of a job, told from its history: who worked, from when to when, and how it ended. Pure.

import type { HistoryItem, Json } from "../../../src/job.ts";
import { happeningOf } from "./happening.ts";

export interface Attempt {
  readonly number: number;
  readonly worker: string | null;
  readonly from: string;
  /** null = it is under way. */
  readonly to: string | null;
  /** `completed`, `failed`, `retrying`, …; `taken over` where a newer one began without an end of this. */
  readonly ending: string | null;
  readonly message: string | null;
}

const ENDINGS: ReadonlySet<string> = new Set(["completed", "failed", "cancelled", "retrying"]);

export function attemptsOf(history: readonly HistoryItem[]): Attempt[] {
  const attempts: Attempt[] = [];
  const end = (to: string, ending: string, message: string | null) => {
    const last = attempts.at(-1);
    if (last?.to === null) attempts[attempts.length - 1] = { ...last, to, ending, message };
  };
  for (const { at, type, data } of history) {
    const happening = happeningOf(type);
    if (happening === "started") {
      end(at, "taken over", null);
      attempts.push({
        number: Number(data["attempt"] ?? attempts.length + 1), worker: text(data["worker"]),
        from: at, to: null, ending: null, message: null,
      });
    } else if (ENDINGS.has(happening)) {
      end(at, happening, messageOf(data["error"]));
    }
  }
  return attempts;
}

function messageOf(error: Json | undefined): string | null {
  return typeof error === "object" && error !== null && "message" in error ? text(error["message"]) : null;
}

function text(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}
