// One phase of a job. It begins when it is made; the next one, or the end of the job, ends it.

import type { Gauge } from "./gauge.ts";
import { Work } from "./work.ts";

export interface PhaseOptions {
  /** How much there will be. */
  readonly total?: number;
  /** What is counted. */
  readonly unit?: string;
  /** The line of text that a person sees. */
  readonly message?: string;
}

export class Phase extends Work {
  protected readonly gauge: Gauge;
  /** A job that is only held by its phase is not forgotten. */
  readonly #job: Work;

  /** @internal */
  constructor(gauge: Gauge, job: Work) {
    super();
    this.gauge = gauge;
    this.#job = job;
  }

  get signal(): AbortSignal {
    return this.#job.signal;
  }

  /** For `using`; what is counted here after the next phase has begun goes nowhere. */
  [Symbol.dispose](): void {}
}
