// Cancelling in two steps, and the truth about what came of it: a worker is asked, and may not answer.

import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { isTerminal, type Job } from "../job.ts";
import { useClient } from "./context.tsx";
import { nameOf, secondsBetween } from "../display/format.ts";
import { Icon } from "./icons.tsx";
import { useNow } from "./now.ts";

/** How long a worker may take to answer before this is said, in seconds. */
const PATIENCE = 10;

/** `idle` → `asking` → `sending` → `cancelling` (→ `silent`: the worker has not answered) → `over`. */
export type CancelStage = "idle" | "asking" | "sending" | "cancelling" | "silent" | "over";

export interface Cancelling {
  readonly stage: CancelStage;
  /** Why the service refused it, or null. */
  readonly error: string | null;
  /** The first step. */
  ask(): void;
  /** Takes the first step back. */
  keep(): void;
  /** The second step. */
  confirm(): void;
}

type Cancellable = Pick<Job, "id" | "status" | "stalled_at" | "cancel" | "title" | "kind">;

/** The two steps, for buttons of one's own making. */
export function useCancel(job: Cancellable, reason?: string): Cancelling {
  const client = useClient();
  const [step, setStep] = useState<"idle" | "asking" | "sending">("idle");
  const [error, setError] = useState<string | null>(null);
  const now = useNow(job.status === "cancelling");
  async function confirm() {
    setStep("sending");
    setError(null);
    try {
      await client.cancel(job.id, reason);
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
    }
    setStep("idle");
  }
  return {
    stage: stageOf(job, step, now),
    error,
    ask: () => setStep("asking"),
    keep: () => setStep("idle"),
    confirm: () => void confirm(),
  };
}

function stageOf(job: Cancellable, step: "idle" | "asking" | "sending", now: number): CancelStage {
  if (isTerminal(job.status)) return "over";
  if (job.status !== "cancelling") return step;
  const waited = job.cancel === null ? 0 : secondsBetween(job.cancel.requested_at, now);
  return job.stalled_at !== null || waited >= PATIENCE ? "silent" : "cancelling";
}

export interface CancelButtonProps {
  readonly job: Cancellable;
  /** Told to the worker, and kept with the job. */
  readonly reason?: string | undefined;
  readonly tabIndex?: number | undefined;
}

export function CancelButton({ job, reason, tabIndex }: CancelButtonProps) {
  const { stage, error, ask, keep, confirm } = useCancel(job, reason);
  const name = nameOf(job);
  const whole = useRef<HTMLSpanElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const no = useRef<HTMLButtonElement>(null);
  const before = useRef(stage);
  // The buttons trade places, so the focus follows them: to the harmless one first, and back.
  useEffect(() => {
    if (stage === "asking") no.current?.focus({ preventScroll: true });
    else if (before.current === "asking") (stage === "idle" ? first : whole).current?.focus({ preventScroll: true });
    before.current = stage;
  }, [stage]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    keep();
  };
  if (stage === "over") return null;
  return (
    <span className="mp-cancel" data-stage={stage} ref={whole} tabIndex={-1}>
      {stage === "asking" && (
        <span className="mp-ask" role="group" aria-label={`Cancel ${name}?`} onKeyDown={onKeyDown}>
          <span aria-hidden="true">Cancel?</span>
          <button type="button" className="mp-button mp-danger" onClick={confirm}>
            Yes
          </button>
          <button type="button" className="mp-button" ref={no} onClick={keep}>
            No
          </button>
        </span>
      )}
      {(stage === "idle" || stage === "sending") && (
        <button
          type="button"
          className="mp-button"
          ref={first}
          tabIndex={tabIndex}
          aria-label={`Cancel ${name}`}
          aria-disabled={stage === "sending" || undefined}
          onClick={() => stage === "idle" && ask()}
        >
          Cancel
        </button>
      )}
      {stage === "cancelling" && (
        <span className="mp-note">
          <Icon name="spinner" />
          Cancelling…
        </span>
      )}
      {stage === "silent" && (
        <span className="mp-note" data-warn="">
          <Icon name="warning" />
          Worker has not answered
        </span>
      )}
      {error && (
        <span className="mp-refusal" role="alert">
          {error}
        </span>
      )}
    </span>
  );
}
