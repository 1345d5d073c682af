// `@milepost/worker`: reporting jobs, in any runtime that has `fetch`.

export { Cancelled, Failure, type FailureOptions, type StopCode } from "./failure.ts";
export type { Token } from "./http.ts";
export type { Counter, Job } from "./job.ts";
export type { Signal } from "./interrupts.ts";
export type { Level } from "./notices.ts";
export type { Phase, PhaseOptions } from "./phase.ts";
export type { JobOptions, PhasePlan } from "./plan.ts";
export { Reporter, type ReporterOptions } from "./reporter.ts";
export type { Measure, Meter } from "./stream.ts";
