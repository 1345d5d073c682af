// Sends for all jobs of a process: at most four times a second what can wait, at once what cannot, everything of all
// jobs in one request, one such request at a time. That one is repeated, byte for byte, until it is answered.

import { Alarm } from "./alarm.ts";
import { pause } from "./backoff.ts";
import type { Answer, Http } from "./http.ts";
import type { Line } from "./line.ts";
import { REQUEST, type Heard, type Item } from "./report.ts";
import { bytes, type JsonObject } from "./text.ts";

/** Between two sendings of ticks, in milliseconds. */
const TICK = 250;
/** Between two sendings of what cannot wait: what comes within is sent together. */
const BREATH = 25;
/** Most items of one request, and the bytes after which no other job joins it: the service takes 1,000 and 1 MiB. */
const ITEMS = 1000;
const BYTES = 400_000;
/** Creations under way at the same time. */
const CREATIONS = 8;
/** How long an ending that was not delivered keeps the process alive, in milliseconds. */
const LINGER = 10_000;

interface Batch {
  readonly parts: readonly (readonly [Line, Item])[];
  readonly body: readonly JsonObject[];
}

export interface SenderOptions {
  /** Bytes that may wait while the service is away. */
  readonly outbox: number;
  readonly log: (message: string) => void;
}

export class Sender {
  readonly #lines = new Set<Line>();
  readonly #asking = new Set<Line>();
  readonly #alarm = new Alarm(() => this.#pump());
  #batch: Batch | null = null;
  #sending = false;
  #nudged = false;
  #ticked = -Infinity;
  #sent = -Infinity;
  #bounded = -Infinity;
  #holdUntil = -Infinity;
  #failures = 0;
  #flushes = new Set<() => void>();

  constructor(readonly http: Http, readonly options: SenderOptions) {}

  add(line: Line): void {
    this.#lines.add(line);
    line.urgent = () => this.#nudge();
    void line.delivered.then(() => { this.#lines.delete(line); this.#nudge(); });
    this.#nudge();
  }

  get lines(): readonly Line[] {
    return [...this.#lines];
  }

  /** Sends all there is, ticks included; whether everything was answered within so many milliseconds. */
  async flush(milliseconds: number): Promise<boolean> {
    let late: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      late = setTimeout(() => resolve(false), milliseconds);
    });
    let told!: () => void;
    const idle = new Promise<boolean>((resolve) => { told = () => resolve(true); });
    this.#flushes.add(told);
    this.#holdUntil = this.#ticked = -Infinity;
    this.#nudge();
    const done = await Promise.race([idle, timeout]);
    clearTimeout(late);
    this.#flushes.delete(told);
    return done;
  }

  /** Stops, whatever waits. */
  stop(): void {
    for (const line of this.#lines) line.abandon();
    this.#alarm.clear();
  }

  /** At the end of this turn, so that what is said together goes together. */
  #nudge(): void {
    if (this.#nudged) return;
    this.#nudged = true;
    queueMicrotask(() => { this.#nudged = false; this.#pump(); });
  }

  #pump(): void {
    const now = performance.now();
    if (now - this.#bounded >= TICK) this.#bound(now);
    if (now >= this.#holdUntil) {
      this.#create();
      this.#report(now);
    }
    this.#settle();
    this.#rest(now);
  }

  #create(): void {
    // While nobody answers, one creation at a time finds out.
    const most = this.#failures > 0 ? 1 : CREATIONS;
    for (const line of this.#lines) {
      if (this.#asking.size >= most) return;
      if (!line.creatable || this.#asking.has(line)) continue;
      this.#asking.add(line);
      void this.#ask("PUT", `/jobs/${encodeURIComponent(line.id)}`, line.options.creation).then((answer) => {
        this.#asking.delete(line);
        if (answer) line.made(heard(answer));
        this.#nudge();
      });
    }
  }

  #report(now: number): void {
    if (this.#sending) return;
    this.#batch ??= this.#gather(now);
    if (!this.#batch) return;
    const batch = this.#batch;
    this.#sending = true;
    this.#sent = now;
    void this.#ask("POST", "/reports", batch.body).then((answer) => {
      this.#sending = false;
      if (answer) {
        this.#batch = null;
        this.#tell(batch, answer);
      }
      this.#nudge();
    });
  }

  #gather(now: number): Batch | null {
    const tick = now - this.#ticked >= TICK;
    if (!tick && now - this.#sent < BREATH) return null;
    if (tick) this.#ticked = now;
    const parts: [Line, Item][] = [];
    const body: JsonObject[] = [];
    let size = 0;
    for (const line of [...this.#lines]) {
      if (parts.length >= ITEMS || size >= BYTES) break;
      const items = line.take(now, tick, ITEMS - parts.length);
      if (items.length === 0) continue;
      for (const item of items) {
        parts.push([line, item]);
        body.push(item.body);
        size += bytes(item.body);
      }
      // Whoever was served is served last, so that among thousands all have their turn.
      this.#lines.delete(line);
      this.#lines.add(line);
    }
    return parts.length > 0 ? { parts, body } : null;
  }

  /** Tells each job what its reports were answered, from the last, so that what comes back keeps its order. */
  #tell({ parts }: Batch, answer: Answer): void {
    const now = performance.now();
    const items = (answer.body as { items?: unknown[] } | null)?.items;
    const whole = heard(answer);
    const refused = whole.code !== undefined || !items;
    if (refused) this.#holdUntil = now + pause(3);
    const each = parts.map((_, index) => refused
      ? { code: REQUEST, detail: `${whole.code}: ${whole.detail}` }
      : heard({ status: 200, body: items[index], retryAfter: null }));
    for (let index = parts.length - 1; index >= 0; index--) {
      const [line, item] = parts[index]!;
      const answered: Heard = each[index]!;
      line.hear(item, answered, now);
      // Notices have a pace of their own.
      if (answered.later && item.report.type !== "notice") this.#holdUntil = now + pause(2, answered.after);
    }
  }

  /** Null: nobody answered, or not now; when to try again is settled then. Never rejects. */
  async #ask(method: "POST" | "PUT", path: string, body: unknown): Promise<Answer | null> {
    try {
      const answer = await this.http.send(method, path, body);
      if (isLater(answer.status) || answer.status === 401) {
        const { code, detail } = heard(answer);
        this.#fail(`${answer.status} ${code}: ${detail}`, answer.retryAfter);
        return null;
      }
      if (this.#failures > 0) this.options.log("the service answers again");
      this.#failures = 0;
      return answer;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
      this.#fail(`${error instanceof Error ? error.message : error}${cause}`, null);
      return null;
    }
  }

  #fail(why: string, asked: number | null): void {
    if (this.#failures === 0) this.options.log(`the service does not answer, trying on: ${why}`);
    // Requests that failed together are one failure.
    if (performance.now() >= this.#holdUntil) this.#failures++;
    // Who waits for the end waits for every try: they come quickly then.
    const hurried = this.#flushes.size > 0 && asked === null;
    this.#holdUntil = performance.now() + (hurried ? pause(0) : pause(this.#failures, asked));
  }

  /**
   * No more waits than was allowed: of the jobs that the service never heard of, those that ended first are given up
   * first. How one ended that it knows is not given up; there are no more of them than were at work when it went away.
   */
  #bound(now: number): void {
    this.#bounded = now;
    let size = 0;
    for (const line of this.#lines) size += line.size;
    const ended = size > this.options.outbox ? this.lines.filter((line) => line.ended && !line.known) : [];
    ended.sort((a, b) => a.endedAt! - b.endedAt!);
    for (const line of ended) {
      if (size <= this.options.outbox) break;
      size -= line.size;
      line.log("given up, its ending included: too much waits for the service");
      line.abandon();
    }
    for (const line of this.#lines) line.notices.full = size > this.options.outbox;
  }

  #settle(): void {
    if (this.#flushes.size === 0 || this.#batch || this.#asking.size > 0 || this.#ticked === -Infinity) return;
    if (this.lines.some((line) => line.waiting)) return;
    for (const told of this.#flushes) told();
  }

  #rest(now: number): void {
    if (this.#lines.size === 0) return this.#alarm.clear();
    let urgent = false;
    let linger = -Infinity;
    for (const line of this.#lines) {
      urgent ||= line.waiting;
      if (line.endedAt !== null) linger = Math.max(linger, line.endedAt + LINGER);
    }
    // What waits and did not go just now waits for something that a tick will find out.
    const soon = urgent && now - this.#sent < BREATH ? this.#sent + BREATH : this.#ticked + TICK;
    const due = Math.max(this.#sending ? now + TICK : soon, this.#holdUntil);
    const hold = now < linger;
    this.#alarm.set((hold ? Math.min(due, linger) : due) - now, hold);
  }
}

function isLater(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** What an answer, or one item of a list of them, says. */
function heard({ status, body }: Answer): Heard {
  const said = (typeof body === "object" && body !== null ? body : {}) as {
    status?: unknown; attempt?: unknown; cancel_requested?: unknown; code?: unknown; detail?: unknown;
    retry_after_seconds?: unknown; job?: { status?: unknown };
  };
  const told = typeof said.status === "number" ? said.status : status;
  if (told < 300) {
    return { attempt: Number(said.attempt ?? 0) || undefined, cancelRequested: said.cancel_requested === true };
  }
  const code = typeof said.code === "string" ? said.code : `http_${told}`;
  const after = typeof said.retry_after_seconds === "number" ? said.retry_after_seconds : null;
  const standing = typeof said.job?.status === "string" ? said.job.status : undefined;
  return { code, detail: String(said.detail ?? "no reason given"), status: standing, later: isLater(told), after };
}
