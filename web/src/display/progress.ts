// What a progress bar says of a job: to eyes how far it is drawn, to everyone else its role and values. No framework.

import { isTerminal, type Job } from "../job.ts";
import { amount, percent } from "./format.ts";
import { MOOD_WORDS, moodOf, type Mood } from "./mood.ts";

export type Measured = Pick<Job, "id" | "status" | "stalled_at" | "progress">;

export interface BarAttributes {
  readonly role: "progressbar";
  readonly "aria-valuemin": 0;
  readonly "aria-valuemax": 100;
  /** Left out while nobody knows how far it is. */
  readonly "aria-valuenow": number | undefined;
  readonly "aria-valuetext": string;
  readonly "data-mood": Mood;
  readonly "data-open": "" | undefined;
}

/** The attributes of the element with the role. `data-open`: it runs, and nobody knows how far it is. */
export function barAttributes(job: Measured): BarAttributes {
  const mood = moodOf(job);
  const { percent: known } = job.progress;
  const open = known === null && job.status !== "queued" && !isTerminal(job.status);
  const said = [percent(known), amount(job.progress), mood === "running" ? "" : MOOD_WORDS[mood].toLowerCase()];
  return {
    role: "progressbar",
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    "aria-valuenow": known === null ? undefined : Math.floor(known),
    "aria-valuetext": said.filter(Boolean).join(", ") || "running",
    "data-mood": mood,
    "data-open": open ? "" : undefined,
  };
}

/** Where the filling stands: it is moved, not resized, so that no layout follows. */
export function fillTransform({ progress }: Measured): string {
  return `translateX(${(progress.percent ?? 0) - 100}%)`;
}
