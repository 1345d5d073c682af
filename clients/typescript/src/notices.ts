// The notices of a job that wait: let out at a pace that the service takes, bounded, and summed up where there were
// too many. The service refuses more than 50 in one second on one job.

import { bytes, cut, given, MAX, object, type JsonObject } from "./text.ts";

export type Level = "info" | "success" | "warning" | "error";

/** So many at once … */
const BURST = 10;
/** … and so many a second after that: together less than 50 within any second. */
const PER_SECOND = 35;
/** So many wait; further ones are only counted, by their code. */
const WAITING = 500;

export class Notices {
  /** Whether the outbox of the process has no room: further ones are only counted. */
  full = false;
  size = 0;
  readonly #waiting: JsonObject[] = [];
  readonly #unlisted = new Map<string, number>();
  #allowed = BURST;
  #since = 0;

  get length(): number {
    return this.#waiting.length;
  }

  add(level: Level, code: string, message: string, data?: object): void {
    const short = cut(code, MAX.name);
    if (this.full || this.#waiting.length >= WAITING) {
      this.#unlisted.set(short, (this.#unlisted.get(short) ?? 0) + 1);
      return;
    }
    this.#wait(given({
      level, code: short || undefined, message: cut(message, MAX.notice), data: data && object(data, MAX.data),
    }));
  }

  /** As many as may go now, and as there is room for. */
  take(now: number, room: number): JsonObject[] {
    this.#allowed = Math.min(BURST, this.#allowed + (now - this.#since) * PER_SECOND / 1000);
    this.#since = now;
    const taken = this.#waiting.splice(0, Math.min(room, Math.floor(this.#allowed)));
    this.#allowed -= taken.length;
    for (const notice of taken) this.size -= bytes(notice);
    return taken;
  }

  /** One came back: it is the next to go, after a second. */
  putBack(notice: JsonObject, now: number): void {
    this.#waiting.unshift(notice);
    this.size += bytes(notice);
    this.#allowed = 0;
    this.#since = now + 1000;
  }

  /** Before an ending: one notice for each code of which some were not listed. */
  sumUp(): void {
    for (const [code, unlisted] of this.#unlisted) {
      const message = `${unlisted} more of these were not listed`;
      this.#wait(given({ level: "warning", code: code || undefined, message, data: { unlisted } }));
    }
    this.#unlisted.clear();
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#unlisted.clear();
    this.size = 0;
  }

  #wait(notice: JsonObject): void {
    this.#waiting.push(notice);
    this.size += bytes(notice);
  }
}
