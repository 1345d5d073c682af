// A progress bar. It moves forwards smoothly; where a new attempt begins at nothing it jumps back at once.

import { useState } from "react";
import { barAttributes, fillTransform, type BarAttributes, type Measured } from "../display/progress.ts";

export interface ProgressParts {
  readonly bar: BarAttributes;
  /** For the element inside of it, as wide as the bar. `data-still`: this change is not to be animated. */
  readonly fill: { readonly style: { readonly transform: string }; readonly "data-still": "" | undefined };
}

/** The attributes of a bar of one's own making. */
export function useProgressBar(job: Measured): ProgressParts {
  const now = job.progress.percent ?? 0;
  const [shown, setShown] = useState({ id: job.id, percent: now, still: true });
  if (shown.id !== job.id || shown.percent !== now) {
    setShown({ id: job.id, percent: now, still: shown.id !== job.id || now < shown.percent });
  }
  return {
    bar: barAttributes(job),
    fill: { style: { transform: fillTransform(job) }, "data-still": shown.still ? "" : undefined },
  };
}

export interface ProgressBarProps {
  readonly job: Measured;
  /** What it is the progress of; or the id of the element that says so. */
  readonly label?: string | undefined;
  readonly labelledBy?: string | undefined;
  readonly size?: "thin" | "normal" | undefined;
}

export function ProgressBar({ job, label, labelledBy, size = "normal" }: ProgressBarProps) {
  const { bar, fill } = useProgressBar(job);
  const named = labelledBy ? { "aria-labelledby": labelledBy } : { "aria-label": label ?? "Progress" };
  return (
    <div className="mp-bar" data-size={size} {...bar} {...named}>
      <div className="mp-fill" {...fill} />
    </div>
  );
}
