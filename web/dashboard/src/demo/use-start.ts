// A button that starts a job: off from the click until the job shows up and ends, and what the front said where it
// refused.

import { useState } from "react";
import { begun } from "../session.ts";

/** Until a job that was started shows up, a second press would be refused. Milliseconds. */
export const SOON = 5_000;

export interface Start {
  /** Asked for, and not seen at work yet. */
  readonly starting: boolean;
  readonly busy: boolean;
  readonly error: string | null;
  readonly start: () => Promise<void>;
}

/** `running` is the job at work, if any; `begin` starts one and gives its id. */
export function useStart(running: string | null, begin: () => Promise<string>): Start {
  const [starting, setStarting] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const busy = starting || running !== null;
  if (starting && running !== null) setStarting(false);

  async function start() {
    if (busy) return;
    setStarting(true);
    setError(null);
    try {
      begun(await begin());
      setTimeout(setStarting, SOON, false);
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      setStarting(false);
    }
  }
  return { starting, busy, error, start };
}
