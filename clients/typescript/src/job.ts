// A job as the program holds it: everything that can be said about it. No call waits, none throws for reasons of
// reporting. How it is said is the line's business.

import { Cancelled, describe, Failure, isAbort } from "./failure.ts";
import { count, Gauge, type Cell } from "./gauge.ts";
import type { Line } from "./line.ts";
import type { Level } from "./notices.ts";
import { Phase, type PhaseOptions } from "./phase.ts";
import type { JobOptions } from "./plan.ts";
import { turn } from "./turn.ts";
import { cut, given, MAX, object } from "./text.ts";
import { Work } from "./work.ts";

/** A named number of a job; the last value wins. */
export interface Counter {
  inc(by?: number): void;
  set(value: number): void;
}

/** Jobs that were forgotten without an ending, found when their memory is: the service would wait for ever. */
const forgotten = new FinalizationRegistry<Line>((line) => {
  line.say("failed", { error: describe(dropped()) });
});

export class Job<Result extends object = object, Metadata extends object = object> extends Work {
  readonly #line: Line;
  readonly #begin: (options: JobOptions) => Job;
  #turned = performance.now();

  /** @internal Jobs are made by `reporter.job` and `reporter.run`. */
  constructor(line: Line, begin: (options: JobOptions) => Job) {
    super();
    this.#line = line;
    this.#begin = begin;
    if (!line.over) forgotten.register(this, line, line);
  }

  protected get gauge(): Gauge {
    return this.#line.fresh.gauge;
  }

  get id(): string {
    return this.#line.id;
  }

  get signal(): AbortSignal {
    return this.#line.controller.signal;
  }

  /** Whether it has said how it ended. */
  get ended(): boolean {
    return this.#line.ended;
  }

  /** True once the service has answered the creation; false after so many milliseconds, or where it never will. */
  async known(milliseconds: number): Promise<boolean> {
    let late: ReturnType<typeof setTimeout> | undefined;
    const never = new Promise<boolean>((resolve) => {
      late = setTimeout(() => resolve(false), milliseconds);
    });
    return Promise.race([this.#line.created, never]).finally(() => clearTimeout(late));
  }

  /** Ends the phase at work, begins this one; one that was not planned is appended. */
  phase(name: string, { total, unit, message }: PhaseOptions = {}): Phase {
    const short = unit === undefined ? undefined : cut(unit, MAX.unit);
    const gauge = new Gauge(total, short);
    this.#line.phase(gauge, given({
      name: cut(name, MAX.name) || "_", total: total === undefined ? undefined : count(total), unit: short,
      message: message === undefined ? undefined : cut(message, MAX.message),
    }));
    return new Phase(gauge, this);
  }

  /** Begins a job that is part of this one; it ends on its own. */
  child<Result extends object = object, Metadata extends object = object>(
    options: JobOptions<Metadata>,
  ): Job<Result, Metadata> {
    return this.#begin(options) as Job<Result, Metadata>;
  }

  counter(name: string): Counter {
    return new Handle(this.#line.fresh.cell(name), this);
  }

  /** The line of text that a person sees. */
  message(text: string): void {
    this.#line.fresh.message = cut(text, MAX.message);
  }

  /** Merged shallowly into what the job has. */
  metadata(patch: Partial<Metadata>): void {
    this.#line.fresh.merge(patch);
  }

  /** A discrete happening: a bad row, a finding, a note for a person. `code` is stable, for programs. */
  notice(level: Level, code: string, message: string, data?: object): void {
    const line = this.#line;
    if (line.over || line.ended) return;
    line.notices.add(level, code, message, data);
    line.urgent();
  }

  /** Lets the event loop run where it has not for 50 ms: for loops that never wait, so that reports can go. */
  async yield(): Promise<void> {
    if (performance.now() - this.#turned < 50) return;
    await turn();
    this.#turned = performance.now();
  }

  /** Back to `queued`, for what may go better later. Nothing is reported until `again`. */
  retrying(why: unknown): void {
    this.#line.say("retrying", { error: describe(why) });
  }

  /** After `retrying`: a new attempt, whose counts begin anew. */
  again(): void {
    this.#line.again();
  }

  /** It is done. All three endings resolve to whether that was delivered; only the first one said counts. */
  complete(result?: Result): Promise<boolean> {
    return this.#end("completed", result === undefined ? {} : { result: object(result, MAX.result) });
  }

  /** It cannot be done: a `Failure`, or anything that was thrown. */
  fail(why: unknown): Promise<boolean> {
    return this.#end("failed", { error: describe(why) });
  }

  /** It was given up, asked or not. */
  cancel(message?: string): Promise<boolean> {
    return this.#end("cancelled", message === undefined ? {} : { message: cut(message, MAX.message) });
  }

  /** Ends by what was thrown: given up where the job heard that it is to stop, else failed. */
  thrown(error: unknown): Promise<boolean> {
    const { signal } = this;
    if (!isAbort(error, signal)) return this.fail(error);
    const why = signal.reason instanceof Cancelled ? signal.reason : null;
    return why?.code === "interrupted" ? this.fail(interrupted()) : this.cancel(why ? undefined : String(signal.reason));
  }

  /** For `await using`: without an ending it has failed, or was given up where that was asked. Waits for nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended) return;
    void (this.signal.aborted ? this.thrown(this.signal.reason) : this.fail(dropped()));
  }

  #end(type: "completed" | "failed" | "cancelled", fields: Parameters<Line["say"]>[1]): Promise<boolean> {
    forgotten.unregister(this.#line);
    this.#line.say(type, fields);
    return this.#line.delivered;
  }
}

class Handle implements Counter {
  readonly #cell: Cell;

  constructor(cell: Cell, /** A job that is only held by its counter is not forgotten. */ readonly job: Work) {
    this.#cell = cell;
  }

  inc(by = 1): void {
    this.#cell.value += by;
  }

  set(value: number): void {
    this.#cell.value = value;
  }
}

export function dropped(): Failure {
  return new Failure("worker_dropped", "the worker let go of the job without saying how it ended", { retryable: true });
}

export function interrupted(): Failure {
  return new Failure("interrupted", "the worker was told to stop before the job was done", { retryable: true });
}
