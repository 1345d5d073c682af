// The words of the contract: the state of a job, the frame it travels in, and what selects jobs.

import type { Status, StatusWord } from "./contract.ts";

export type * from "./contract.ts";

/** Which jobs. All conditions must hold; none = the whole project. */
export interface Selector {
  readonly job?: string | readonly string[];
  readonly kind?: string;
  readonly subject?: string;
  readonly owner?: string;
  readonly parent?: string;
  readonly status?: StatusWord | readonly StatusWord[];
}

/** Whether a job will never change again. */
export function isTerminal(status: Status): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}
