// A job's status as a word, a shape and a colour.

import type { Job } from "../job.ts";
import { Icon, type IconName } from "./icons.tsx";
import { MOOD_WORDS, moodOf, type Mood } from "../display/mood.ts";

const ICONS: { readonly [mood in Mood]: IconName } = {
  queued: "ring", running: "play", stalled: "pause", cancelling: "spinner",
  completed: "check", failed: "cross", cancelled: "dash",
};

export function StatusBadge({ job }: { readonly job: Pick<Job, "status" | "stalled_at"> }) {
  const mood = moodOf(job);
  return (
    <span className="mp-badge" data-mood={mood}>
      <Icon name={ICONS[mood]} />
      {MOOD_WORDS[mood]}
    </span>
  );
}
