// One job's line to the service: what is still to be said about it, in which order, and what its answers mean. It
// knows nothing of requests. Creation first, then the claim, and once that is answered all else under its attempt;
// an ending last, behind every notice.

import { Cancelled, type StopCode } from "./failure.ts";
import { Fresh } from "./fresh.ts";
import { Gauge } from "./gauge.ts";
import { Notices } from "./notices.ts";
import { bareEnding, isEnding, report, REQUEST, type Heard, type Item, type Report, type ReportType } from "./report.ts";
import type { JsonObject } from "./text.ts";

/** Phases that wait while the service is away; the oldest ones give way. The service keeps 32 of a job. */
const PHASES = 64;
/** What an ended job takes in memory, in bytes, besides its reports. */
const KEPT = 2_000;
/** Between two tries to claim a job that another worker holds, in milliseconds. */
const CLAIM_AGAIN = 1_500;

const STOPS: { readonly [code in StopCode]: string } = {
  cancelled: "the job is to be cancelled",
  fenced: "another worker has the job",
  finished: "the job has ended without its worker",
  interrupted: "the process is to end",
};

export interface LineOptions {
  readonly id: string;
  /** The body of the creation; null where somebody else created the job. */
  readonly creation: JsonObject | null;
  readonly started: JsonObject;
  readonly gauge: Gauge;
  readonly every: number;
  readonly leaseSeconds: number;
  /** What must be known to the service before this one is created. */
  readonly parent: Line | null;
  /** Says nothing; what the job does goes on all the same. */
  readonly silent: boolean;
  readonly log: (message: string) => void;
}

export class Line {
  readonly id: string;
  readonly fresh: Fresh;
  readonly notices = new Notices();
  readonly controller = new AbortController();
  /** Resolves when the job says how it ended. */
  readonly said: Promise<void>;
  /** Whether that was delivered. */
  readonly delivered: Promise<boolean>;
  /** Whether the service knows the job. */
  readonly created: Promise<boolean>;
  /** When the ending was said, by the clock of `performance.now`. */
  endedAt: number | null = null;
  /** Called when there is something that must not wait for the next tick. */
  urgent: () => void = () => {};
  #stage: "new" | "made" | "over";
  #script: Report[];
  #attempt: number | null = null;
  #claimed = false;
  #claimAt = 0;
  #seq = 0;
  #complaint = "";
  #heard = 0;
  #ended = false;
  /** After `retrying`, before `again`: the job is nobody's. */
  #pausing = false;
  #unmadeChildren = 0;
  #resolveSaid!: () => void;
  #resolveCreated!: (made: boolean) => void;
  #resolveDelivered!: (delivered: boolean) => void;

  constructor(readonly options: LineOptions) {
    this.id = options.id;
    const metadata = (options.creation?.["metadata"] ?? {}) as object;
    this.fresh = new Fresh(options.gauge, options.every, metadata, (message) => this.log(message));
    this.said = new Promise((resolve) => { this.#resolveSaid = resolve; });
    this.created = new Promise((resolve) => { this.#resolveCreated = resolve; });
    this.delivered = new Promise((resolve) => { this.#resolveDelivered = resolve; });
    this.#script = [report("started", options.started)];
    this.#stage = options.creation ? "new" : "made";
    if (options.silent) this.#close(true);
    else if (this.#stage === "made") this.#resolveCreated(true);
    else if (options.parent) options.parent.#unmadeChildren++;
  }

  /** Whether the job has said how it ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether nothing will be said any more. */
  get over(): boolean {
    return this.#stage === "over";
  }

  /** Whether the service knows the job. */
  get known(): boolean {
    return this.#stage === "made";
  }

  /** Whether the service can be asked to create it. */
  get creatable(): boolean {
    const { parent } = this.options;
    return this.#stage === "new" && (parent === null || parent.#stage !== "new");
  }

  /** Whether anything waits that is not merely the next tick. */
  get waiting(): boolean {
    return !this.over && (this.#stage === "new" || this.#script.length > 0 || this.notices.length > 0);
  }

  /** How much waits, in bytes; of a job that has ended, what is kept of it besides. */
  get size(): number {
    return (this.#ended ? KEPT : 0) + this.notices.size + this.#script.reduce((sum, { size }) => sum + size, 0);
  }

  say(type: ReportType, fields: JsonObject): void {
    if (this.#ended) return;
    if (this.#pausing && !isEnding(type)) return;
    this.again(); // nothing ends between two attempts
    this.#ended = isEnding(type);
    if (this.#ended) this.#resolveSaid();
    if (this.over) return;
    const before = this.fresh.whole();
    if (before) this.#script.push(report("progress", before));
    this.#script.push(report(type, fields));
    this.#pausing = type === "retrying";
    if (this.#ended) {
      this.endedAt = performance.now();
      this.notices.sumUp();
    }
    this.#thin();
    this.urgent();
  }

  /** Phase: the counts so far belong to the one before. */
  phase(gauge: Gauge, fields: JsonObject): void {
    this.say("phase", fields);
    this.fresh.begin(gauge);
  }

  /** A new attempt, once the one before was given up by `retrying`. */
  again(): void {
    if (this.over || this.#ended || !this.#pausing) return;
    this.#pausing = false;
    const { total, unit } = this.options.gauge;
    this.fresh.begin(new Gauge(total, unit));
    this.#script.push(report("started", this.options.started));
    this.urgent();
  }

  stop(code: StopCode): void {
    if (!this.controller.signal.aborted) this.controller.abort(new Cancelled(code, STOPS[code]));
  }

  log(message: string): void {
    this.options.log(`job ${this.id}: ${message}`);
  }

  /** Is given up: it waited too long, or the program ends. */
  abandon(): void {
    this.#close(false);
  }

  /** What the service says to the creation. */
  made({ code, detail }: Heard): void {
    if (this.over) return;
    if (code === undefined) {
      this.#childMade();
      this.#stage = "made";
      return this.#resolveCreated(true);
    }
    const hint = code === "exists" ? "; to work on a job that somebody else created, pass create: false" : "";
    this.log(`not reported on, its creation was refused: ${code}: ${detail}${hint}`);
    this.#close(false);
  }

  /** What is to be said now: at most `room` items. `tick`: whether it is time for what can wait. */
  take(now: number, tick: boolean, room: number): Item[] {
    if (this.#stage !== "made" || room <= 0) return [];
    if (this.#attempt === null) return this.#claim(now);
    const items = this.notices.take(now, room).map((fields) => this.#item(report("notice", fields)));
    while (items.length < room) {
      const next = this.#script[0];
      if (!next || (isEnding(next.type) && !this.#mayEnd)) break;
      items.push(this.#item(next));
      this.#script.shift();
      // What follows belongs to the next attempt, whose number nobody knows yet.
      if (next.type === "retrying") break;
    }
    const idle = items.at(-1)?.report.type === "retrying" || this.#script.length > 0 || this.#ended;
    if (tick && !idle && items.length < room) items.push(...this.#tick(now));
    if (items.length > 0) this.#heard = now;
    return items;
  }

  /** What the service says to one report. What has to be said again goes back to where it was: call it from the last. */
  hear({ report }: Item, heard: Heard, now: number): void {
    if (this.over) return;
    if (heard.cancelRequested) this.stop("cancelled");
    if (heard.code === undefined) return this.#accepted(report, heard);
    if (heard.later) return this.#putBack(report, now);
    const held = heard.code === "already_running" || heard.code === "cancelling";
    if (held && report.type === "started") {
      if (this.#claimAt === 0) this.log(`${heard.detail}; trying on`);
      this.#claimAt = now + CLAIM_AGAIN * (0.5 + Math.random());
      this.#script.unshift(report);
      return;
    }
    if (heard.code === "fenced" || heard.code === "finished" || heard.code === "not_found") {
      return this.#lost(heard.code === "fenced" ? "fenced" : "finished", heard);
    }
    this.#refused(report, heard);
  }

  get #mayEnd(): boolean {
    return this.notices.length === 0 && this.#unmadeChildren === 0;
  }

  #claim(now: number): Item[] {
    const next = this.#script[0];
    if (next?.type !== "started" || now < this.#claimAt) return [];
    this.#script.shift();
    this.#heard = now;
    return [this.#item(next)];
  }

  #tick(now: number): Item[] {
    const fields = this.fresh.tick();
    if (fields) return [this.#item(report("progress", fields))];
    if (now - this.#heard < this.options.leaseSeconds * 1000 / 3) return [];
    const again = this.fresh.again();
    const said = again ? [this.#item(report("progress", again))] : [];
    return [...said, this.#item(report("heartbeat", {}))];
  }

  #item(report: Report): Item {
    const { type, fields } = report;
    const attempt = type === "started" || this.#attempt === null ? {} : { attempt: this.#attempt };
    const seq = type === "heartbeat" ? {} : { seq: ++this.#seq };
    return { report, body: { job: this.id, type, ...attempt, ...seq, ...fields } };
  }

  #accepted({ type }: Report, { attempt }: Heard): void {
    if (type === "started") {
      this.#attempt = attempt ?? null;
      this.#claimed = true;
      this.#claimAt = 0;
    }
    if (type === "retrying") this.#attempt = null;
    if (isEnding(type)) this.#close(true);
  }

  #putBack(report: Report, now: number): void {
    if (report.type === "heartbeat") return;
    if (report.type === "notice") return this.notices.putBack(report.fields, now);
    // Before anything else that waits it keeps its place; else the newest values say it better.
    if (report.type === "progress" && this.#script.length === 0) return this.fresh.unsaid(report.fields);
    this.#script.unshift(report);
  }

  #refused(report: Report, { code, detail }: Heard): void {
    const complaint = `a report was refused: ${report.type}: ${code}: ${detail}`;
    if (this.#complaint !== complaint) this.log(complaint);
    this.#complaint = complaint;
    if (report.type === "started") return this.#close(false);
    if (report.type === "progress") return code === REQUEST ? this.fresh.unsaid(report.fields) : this.fresh.refused(report.fields);
    // The attempt goes on; a person's wish to stop, for one, forbids another.
    if (report.type === "retrying") this.#script = this.#script.filter(({ type }) => type !== "started");
    if (code === "cancelling") this.stop("cancelled");
    if (!isEnding(report.type)) return;
    // What it says of itself was at fault: that it ended must be known all the same.
    const bare = bareEnding(report);
    if (bare === null) return this.#close(false);
    this.#script = [bare];
  }

  /** Nobody listens to this worker any more. An end of a job that it never held stops it only where a person wanted that. */
  #lost(code: StopCode, { detail, status }: Heard): void {
    if (!this.#ended) this.log(`reports no longer count: ${detail}`);
    if (status === "cancelled") this.stop("cancelled");
    if (this.#claimed) this.stop(code);
    this.#close(false);
  }

  /** Drops the oldest of too many phases, with the counts that belong to it. */
  #thin(): void {
    const phases = this.#script.filter(({ type }) => type === "phase").length;
    if (phases <= PHASES) return;
    const first = this.#script.findIndex(({ type }) => type === "phase");
    this.#script.splice(first, this.#script[first + 1]?.type === "progress" ? 2 : 1);
  }

  #childMade(): void {
    if (this.#stage === "new" && this.options.parent) this.options.parent.#unmadeChildren--;
  }

  #close(delivered: boolean): void {
    if (this.over) return;
    if (!this.options.silent) this.#childMade();
    this.#stage = "over";
    this.#script = [];
    this.notices.clear();
    this.#resolveCreated(false);
    this.#resolveDelivered(delivered);
  }
}
