// The phases of a job: a strip whose parts are as wide as they weigh, and a list that says the same in words.

import { isTerminal, type Job, type Phase, type PhaseStatus } from "../job.ts";
import { amount, duration, heading, secondsBetween, ticking } from "../display/format.ts";
import { Icon, type IconName } from "./icons.tsx";
import { useNow } from "./now.ts";

const ICONS: { readonly [status in PhaseStatus]: IconName } = {
  pending: "ring",
  running: "play",
  completed: "check",
  failed: "cross",
  cancelled: "dash",
  skipped: "skip",
};

export interface PhaseParts {
  readonly phase: Phase;
  /** Its share of the whole, 0 … 1. */
  readonly share: number;
  /** How much of it is done, 0 … 1; null = it runs and nobody knows. */
  readonly done: number | null;
  /** How long it took, or takes until now; "" before it began. */
  readonly took: string;
}

/** The phases as a timeline of one's own making draws them. */
export function usePhases(job: Pick<Job, "phases" | "status">): readonly PhaseParts[] {
  const now = useNow(!isTerminal(job.status) && job.phases.some((phase) => phase.status === "running"));
  const whole = job.phases.reduce((sum, phase) => sum + phase.weight, 0) || 1;
  return job.phases.map((phase) => ({
    phase,
    share: phase.weight / whole,
    done: doneOf(phase),
    took: tookOf(phase, now),
  }));
}

export interface PhaseTimelineProps {
  readonly job: Pick<Job, "phases" | "status">;
  /** `line`: one step beside the other, for cards; `rows`: one below the other, with counts. */
  readonly layout?: "line" | "rows" | undefined;
}

export function PhaseTimeline({ job, layout = "rows" }: PhaseTimelineProps) {
  const phases = usePhases(job);
  if (phases.length === 0) return null;
  return (
    <div className="mp-phases" data-layout={layout}>
      <div className="mp-strip" aria-hidden="true">
        {phases.map((parts) => (
          <Part key={parts.phase.name} {...parts} />
        ))}
      </div>
      <ol className="mp-steps" aria-label="Phases">
        {phases.map((parts) => (
          <Step key={parts.phase.name} {...parts} counted={layout === "rows"} />
        ))}
      </ol>
    </div>
  );
}

function Part({ phase, share, done }: PhaseParts) {
  return (
    <div
      className="mp-part"
      data-status={phase.status}
      data-open={done === null ? "" : undefined}
      style={{ flexGrow: share }}
    >
      <div className="mp-fill" style={{ transform: `translateX(${((done ?? 1) - 1) * 100}%)` }} />
    </div>
  );
}

function Step({ phase, took, counted }: PhaseParts & { readonly counted: boolean }) {
  const { status } = phase;
  const said = counted ? amount(phase) : "";
  return (
    <li className="mp-step" data-status={status} aria-current={status === "running" ? "step" : undefined}>
      <Icon name={ICONS[status]} />
      <span className="mp-step-name">{heading(phase.name)}</span>
      <span
        className={
          status === "failed" || status === "cancelled" || status === "skipped" ? "mp-step-status" : "mp-unseen"
        }
      >
        {status}
      </span>
      {said && <span className="mp-step-amount">{said}</span>}
      {took && <span className="mp-step-took">{took}</span>}
    </li>
  );
}

function doneOf({ status, current, total }: Phase): number | null {
  if (status === "completed") return 1;
  if (total === null) return status === "running" ? null : status === "pending" || status === "skipped" ? 0 : 1;
  return total === 0 ? 0 : Math.min(1, current / total);
}

function tookOf({ status, started_at, finished_at }: Phase, now: number): string {
  if (started_at === null) return "";
  if (finished_at !== null) return duration(secondsBetween(started_at, finished_at));
  return status === "running" ? ticking(secondsBetween(started_at, now)) : "";
}
