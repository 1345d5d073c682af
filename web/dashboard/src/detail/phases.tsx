// The phases with their counts and durations.

import { PhaseTimeline } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";

export function PhasesPart({ job }: { readonly job: Job }) {
  if (job.phases.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="phases">
      <h2 id="phases">Phases</h2>
      <PhaseTimeline job={job} layout="rows" />
    </section>
  );
}
