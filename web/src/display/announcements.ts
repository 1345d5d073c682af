// What a screen reader is told of jobs: phases, quarter steps, silence and outcomes; politely and not too often, since
// twenty jobs at work would otherwise never let it finish a sentence. No React.

import type { Connection } from "../connection.ts";
import { isTerminal, type Job } from "../job.ts";
import { nameOf, words } from "./format.ts";

/** Between two utterances, in milliseconds, and before the first. */
const PAUSE = 2500;
const SOON = 500;
/** How many lines one utterance has. */
const MOST = 3;

/** What the difference between two states of a job means, or null where it is not worth a word. */
export function announcementOf(before: Job | null, job: Job): string | null {
  const name = nameOf(job);
  if (isTerminal(job.status)) {
    if (before === null || isTerminal(before.status)) return null;
    return `${name} ${job.status}${job.error ? `: ${job.error.message}` : ""}`;
  }
  if (before === null) return null;
  if (job.stalled_at !== null && before.stalled_at === null) return `${name} is stalled`;
  if (job.status === "cancelling" && before.status !== "cancelling") return `${name} is being cancelled`;
  if (job.phase !== null && job.phase !== before.phase) return `${name}: ${words(job.phase)}`;
  const quarter = quarterOf(job);
  return quarter > quarterOf(before) ? `${name}: ${quarter * 25} percent` : null;
}

const quarterOf = ({ progress }: Job) => Math.floor((progress.percent ?? 0) / 25);

/** The same for the connection: that it is lost, and that it is back. */
export function connectionAnnouncement(before: Connection["state"], now: Connection["state"]): string | null {
  const lost = (state: Connection["state"]) => state === "offline" || state === "unauthorized";
  if (now === "offline" && before !== now) return "The connection is lost";
  if (now === "unauthorized" && before !== now) return "A token is needed";
  return lost(before) && (now === "live" || now === "degraded") ? "The connection is back" : null;
}

interface Speaker {
  /** Says a line soon. Of several lines on one topic the last is said. */
  say(topic: string, line: string): void;
  stop(): void;
}

export function createSpeaker(speak: (text: string) => void): Speaker {
  const waiting = new Map<string, string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function next() {
    timer = undefined;
    if (waiting.size === 0) return;
    const lines = [...waiting.values()];
    waiting.clear();
    const rest = lines.length - MOST;
    speak(lines.slice(0, MOST).join(". ") + (rest > 0 ? `, and ${rest} more` : ""));
    timer = setTimeout(next, PAUSE);
  }

  return {
    say(topic, line) {
      waiting.delete(topic); // the newest last
      waiting.set(topic, line);
      timer ??= setTimeout(next, SOON);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      waiting.clear();
    },
  };
}
