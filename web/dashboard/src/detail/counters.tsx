// What the job counts.

import { Counters } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";

export function CountersPart({ job }: { readonly job: Job }) {
  if (Object.keys(job.counters).length === 0) return null;
  return (
    <section className="panel" aria-labelledby="counters">
      <h2 id="counters">Counters</h2>
      <Counters counters={job.counters} />
    </section>
  );
}
