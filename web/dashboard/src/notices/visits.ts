// Notices when somebody comes back, and finds out what ended meanwhile. Keeps the last visit in this browser; all tabs
// of a project share it, for a reader who looks at one of them is not away.

import type { ProgressClient } from "../../../src/client.ts";
import type { Job } from "../../../src/job.ts";
import { cell } from "../cell.ts";
import type { Book } from "../jobs/book.ts";
import { recall, remember } from "../storage.ts";
import { endedSince, isVisit, visitOf, wasAway, type Visit } from "./away.ts";

const BEAT = 10_000;
/** Named jobs asked for at once: their ids have to fit into an address. */
const CHUNK = 50;

export interface Away {
  /** When the reader left, in milliseconds since 1970. */
  readonly since: number;
  /** null = being asked for. */
  readonly jobs: readonly Job[] | null;
}

export const away = cell<Away | null>(null);

export function followVisits(client: ProgressClient, book: Book, found: (jobs: readonly Job[]) => void): void {
  const name = `visit.${client.project}`;

  async function come() {
    const last = recall(name, isVisit);
    const now = Date.now();
    if (!wasAway(last, now)) return;
    away.set({ since: last.at, jobs: null });
    const jobs = endedSince(await askFor(client, last).catch(() => []), last.at);
    book.take(jobs);
    found(jobs);
    away.set({ since: last.at, jobs });
  }

  function beat() {
    if (!document.hidden && book.getSnapshot().synced) remember(name, visitOf(book.jobs.values(), Date.now()));
  }

  void come();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    void come();
    beat();
  });
  setInterval(beat, BEAT);
  book.subscribe(() => {
    // The first time that all is known; later ones come by the clock.
    if (book.getSnapshot().synced && recall(name, isVisit) === null) beat();
  });
}

// Those created since, and those that ran when the reader left.
async function askFor(client: ProgressClient, last: Visit): Promise<Job[]> {
  const since = new Date(last.at).toISOString();
  const asked = [client.list({ status: ["completed", "failed", "cancelled"], created_after: since, limit: 500 })];
  for (let at = 0; at < last.active.length; at += CHUNK) {
    asked.push(client.list({ job: last.active.slice(at, at + CHUNK), limit: 200 }));
  }
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value.items : []));
}
