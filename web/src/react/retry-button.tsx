// Running a failed or cancelled job again, which makes a new job.

import { useState } from "react";
import type { Job } from "../job.ts";
import { useClient } from "./context.tsx";
import { nameOf } from "../display/format.ts";
import { Icon } from "./icons.tsx";

export interface RetryButtonProps {
  readonly job: Pick<Job, "id" | "status" | "title" | "kind">;
  /** Called with the new job. */
  readonly onRetried?: ((job: Job) => void) | undefined;
  readonly tabIndex?: number | undefined;
}

export function RetryButton({ job, onRetried, tabIndex }: RetryButtonProps) {
  const client = useClient();
  const [stage, setStage] = useState<"idle" | "sending" | "done">("idle");
  const [error, setError] = useState<string | null>(null);
  if (job.status !== "failed" && job.status !== "cancelled") return null;
  async function retry() {
    setStage("sending");
    setError(null);
    try {
      const again = await client.retry(job.id);
      setStage("done");
      onRetried?.(again);
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      setStage("idle");
    }
  }
  return (
    <span className="mp-cancel" data-stage={stage}>
      <button
        type="button" className="mp-button" tabIndex={tabIndex} aria-label={`Retry ${nameOf(job)}`}
        aria-disabled={stage !== "idle" || undefined} onClick={() => stage === "idle" && void retry()}
      >
        <Icon name={stage === "done" ? "check" : "retry"} />
        {stage === "done" ? "Retried" : "Retry"}
      </button>
      {error && <span className="mp-refusal" role="alert">{error}</span>}
    </span>
  );
}
