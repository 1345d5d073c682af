// What a job is to be: the options of its creation in the program's words, and in those of the contract.

import { count } from "./gauge.ts";
import { cut, given, MAX, object, type JsonObject } from "./text.ts";

export interface PhasePlan {
  readonly name: string;
  /** Its share of the whole. Default: 1. */
  readonly weight?: number;
  readonly total?: number;
  readonly unit?: string;
}

export interface JobOptions<Metadata extends object = object> {
  /** What sort of job: `csv:import`. Lower case, parts joined by `:`. */
  readonly kind: string;
  /** Letters, digits, `.`, `_`, `-`. Default: a new one that sorts by time. */
  readonly id?: string;
  readonly title?: string;
  /** The thing worked on, whom it is for, and the job it is part of. */
  readonly subject?: string;
  readonly owner?: string;
  readonly parent?: string;
  /** How much there will be of what, where there are no phases. */
  readonly total?: number;
  readonly unit?: string;
  readonly phases?: readonly (string | PhasePlan)[];
  readonly metadata?: NoInfer<Metadata>;
  /** After so much silence it is shown as stalled: 5 to 3,600. Default: 30. A sign of life goes out at a third of it. */
  readonly leaseSeconds?: number;
  /** After so much more it has failed: 0 to 86,400. Default: 300. */
  readonly lostAfterSeconds?: number;
  /** Counts that moved by less wait. Default: 1. */
  readonly every?: number;
  /** False: somebody else created the job under `id`; it is only claimed. */
  readonly create?: boolean;
  /** The program's own wish to stop it. */
  readonly signal?: AbortSignal;
}

/** The body of the creation. */
export function plan(options: JobOptions): JsonObject {
  const { kind, title, subject, owner, parent, total, unit, phases, metadata } = options;
  return given({
    kind, subject, owner, parent,
    title: title === undefined ? undefined : cut(title, MAX.title),
    total: total === undefined ? undefined : count(total),
    unit: unit === undefined ? undefined : cut(unit, MAX.unit),
    phases: phases?.map(phase),
    metadata: metadata && object(metadata, MAX.metadata),
    lease_seconds: options.leaseSeconds,
    lost_after_seconds: options.lostAfterSeconds,
  });
}

/** What the claim says of a job whose creation said nothing. */
export function claim(worker: string, { create, phases, total, unit }: JobOptions): JsonObject {
  if (create !== false || phases) return { worker };
  return given({
    worker,
    total: total === undefined ? undefined : count(total),
    unit: unit === undefined ? undefined : cut(unit, MAX.unit),
  });
}

function phase(announced: string | PhasePlan): JsonObject {
  const { name, weight, total, unit }: PhasePlan = typeof announced === "string" ? { name: announced } : announced;
  return given({
    name: cut(name, MAX.name), weight,
    total: total === undefined ? undefined : count(total),
    unit: unit === undefined ? undefined : cut(unit, MAX.unit),
  });
}
