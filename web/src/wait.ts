// The promise of a job's ending.

import { isTerminal } from "./job.ts";
import type { Jobs, Known } from "./jobs.ts";
import { Problem } from "./problem.ts";

export function wait(jobs: Jobs, id: string, signal?: AbortSignal): Promise<Known> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const { group, leave } = jobs.join({ job: id }, { job: look, gone: look, turn: look });
    function look(): void {
      const job = group.members.get(id);
      if (job && isTerminal(job.status)) resolve(job);
      else if (signal?.aborted) reject(signal.reason);
      else if (group.error) reject(group.error);
      else if (group.gone.has(id)) reject(new Problem(404, "gone", "The job is gone."));
      else if (group.over) reject(new Problem(0, "closed", "The client is closed."));
      else return;
      signal?.removeEventListener("abort", look);
      leave();
    }
    signal?.addEventListener("abort", look);
    look();
  });
}
