// Reports jobs to one project of a service: the settings, and the ways to begin a job. One for a whole process; without
// a server it says nothing, and everything works all the same.

import { fromEnvironment } from "./environment.ts";
import { Gauge } from "./gauge.ts";
import { Http, type Token } from "./http.ts";
import { newId, workerName } from "./id.ts";
import { onSignals, type Signal } from "./interrupts.ts";
import { dropped, interrupted, Job } from "./job.ts";
import { describe } from "./failure.ts";
import { Line } from "./line.ts";
import { claim, plan, type JobOptions } from "./plan.ts";
import { Sender } from "./sender.ts";
import { cut, MAX } from "./text.ts";

export interface ReporterOptions {
  /** Where the service is. Without it nothing is said. */
  readonly url?: string;
  readonly project?: string;
  /** A token, or what gives one: asked again when the one it gave is refused. */
  readonly token?: Token;
  /** What this worker is called, before its number. Default: `worker`. */
  readonly name?: string;
  /** On these signals every job is stopped and reported `interrupted`, retryable, before the process ends by them. */
  readonly interruptOn?: readonly Signal[];
  /** How long jobs may take to stop then, in milliseconds. Default: 3,000. */
  readonly interruptGrace?: number;
  /** Most bytes that wait while the service is away. Default: 16 MiB. */
  readonly outbox?: number;
  /** Where trouble with reporting is told. Default: `console.warn`. */
  readonly log?: (message: string) => void;
}

const OUTBOX = 16 * 1024 * 1024;
/** Seconds; the service's own default. */
const LEASE = 30;
const GRACE = 3_000;
/** How long deliveries may take after that, in milliseconds. */
const PARTING = 3_000;

export class Reporter {
  readonly #sender: Sender | null;
  readonly #worker: string;
  readonly #log: (message: string) => void;
  readonly #ignore: () => void;
  /** The jobs at work, by id. */
  readonly #lines = new Map<string, Line>();
  #closed = false;

  constructor(options: ReporterOptions = {}) {
    const { url, project, token, log = (message) => console.warn(message) } = options;
    this.#log = (message) => log(`milepost: ${message}`);
    this.#worker = cut(workerName(options.name ?? "worker"), MAX.worker);
    const limits = { outbox: options.outbox ?? OUTBOX, log: this.#log };
    this.#sender = url && project ? new Sender(new Http(url, project, token), limits) : null;
    if (url && !project) this.#log("nothing is reported: no project was named. Set MILEPOST_PROJECT, or `project`");
    const grace = options.interruptGrace ?? GRACE;
    this.#ignore = onSignals(options.interruptOn ?? [], () => this.#interrupt(grace));
  }

  /** By `MILEPOST_URL`, `MILEPOST_PROJECT`, `MILEPOST_TOKEN` or `MILEPOST_TOKEN_FILE`; silent without the first. */
  static fromEnv(options: ReporterOptions = {}): Reporter {
    return new Reporter({ ...fromEnvironment(), ...options });
  }

  /** Says nothing. */
  static off(): Reporter {
    return new Reporter();
  }

  /** Begins a job. Returns at once; it is created and claimed in the background. */
  job<Result extends object = object, Metadata extends object = object>(
    options: JobOptions<Metadata>,
  ): Job<Result, Metadata> {
    const line = this.#line(options);
    follow(options.signal, line);
    return new Job(line, (child) => this.job({ ...child, parent: line.id }));
  }

  /**
   * Works on a new job, or on one that was begun: it is completed with what `work` returns, and failed or cancelled by
   * what it throws, which is thrown on.
   */
  async run<Returned, Metadata extends object = object>(
    options: JobOptions<Metadata> | Job<object, Metadata>,
    work: (job: Job<object, Metadata>) => Promise<Returned> | Returned,
  ): Promise<Returned> {
    const job = options instanceof Job ? options : this.job<object, Metadata>(options);
    try {
      const returned = await work(job);
      // What is no object is put into one on the way.
      void job.complete((returned ?? undefined) as object | undefined);
      return returned;
    } catch (error) {
      void job.thrown(error);
      throw error;
    }
  }

  /** Delivers what waits; whether all was, within so many milliseconds. */
  async flush(milliseconds: number): Promise<boolean> {
    return this.#sender ? this.#sender.flush(milliseconds) : true;
  }

  /** For the end of the process: jobs without an ending have failed, what waits is delivered, and that was all. */
  async close(milliseconds: number): Promise<boolean> {
    this.#closed = true;
    this.#ignore();
    for (const line of this.#lines.values()) line.say("failed", { error: describe(dropped()) });
    const done = await this.flush(milliseconds);
    this.#sender?.stop();
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(PARTING);
  }
  #line(options: JobOptions): Line {
    const { total, unit, parent, leaseSeconds = LEASE } = options;
    const id = options.id ?? newId();
    const line = new Line({
      id, leaseSeconds,
      creation: options.create === false ? null : plan(options),
      started: claim(this.#worker, options),
      // The counts of a job with phases are those of its phases.
      gauge: options.phases?.length ? new Gauge() : new Gauge(total, unit),
      every: options.every ?? 1,
      parent: (parent !== undefined && this.#lines.get(parent)) || null,
      silent: this.#sender === null || this.#closed,
      log: this.#log,
    });
    this.#lines.set(id, line);
    void line.said.then(() => {
      if (this.#lines.get(id) === line) this.#lines.delete(id);
    });
    if (!line.over) this.#sender?.add(line);
    return line;
  }

  async #interrupt(grace: number): Promise<void> {
    const lines = [...this.#lines.values()];
    for (const line of lines) line.stop("interrupted");
    let late: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => { late = setTimeout(resolve, grace); });
    await Promise.race([Promise.all(lines.map((line) => line.said)), patience]);
    clearTimeout(late);
    for (const line of lines) line.say("failed", { error: describe(interrupted()) });
    await this.close(PARTING);
  }
}

/** Stops the job when the program itself wants it to. */
function follow(signal: AbortSignal | undefined, line: Line): void {
  if (!signal) return;
  const stop = (): void => line.controller.abort(signal.reason);
  if (signal.aborted) return stop();
  signal.addEventListener("abort", stop, { once: true });
  void line.said.then(() => signal.removeEventListener("abort", stop));
}
