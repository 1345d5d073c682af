// What a job said last, beside what of it was sent: the difference is the next tick. Values are absolute, so anything
// may be said twice, and what a crash of the service may have taken back is said again.

import { Cell, count, Gauge } from "./gauge.ts";
import { cut, json, MAX, object, bytes, type Json, type JsonObject } from "./text.ts";

export class Fresh {
  gauge: Gauge;
  message: string | undefined;
  readonly #cells = new Map<string, Cell>();
  #metadata: { [key: string]: Json } = {};
  /** The JSON of each field as it was last sent. */
  #sent: { [field: string]: string } = {};
  /** A bare tick is written within 500 ms; until something durable was said after it, a crash may take it back. */
  #unsure = false;

  /** Whether counters are sent: not where the job has too many, from workers before this one. */
  #counted = true;

  /** `base`: the metadata of the creation, which the service counts, too. */
  constructor(gauge: Gauge, readonly every: number, readonly base: object, readonly warn: (message: string) => void) {
    this.gauge = gauge;
    this.#mark();
  }

  /** The counter of this name. More than the service keeps are counted, and not sent. */
  cell(name: string): Cell {
    const key = cut(name, MAX.name) || "_";
    let cell = this.#cells.get(key);
    if (!cell) {
      if (this.#cells.size === MAX.counters) this.warn(`more than ${MAX.counters} counters: ${key} is not reported`);
      this.#cells.set(key, cell = new Cell());
    }
    return cell;
  }

  /** Merges into the metadata of the job. What would not fit any more is left out. */
  merge(patch: object): void {
    const merged = { ...this.#metadata, ...object(patch, MAX.metadata) };
    if (bytes({ ...this.base, ...merged }) > MAX.metadata) return this.warn(`metadata of more than ${MAX.metadata} bytes: the newest is not reported`);
    this.#metadata = merged;
  }

  /** Another thing is worked on now: its counts begin anew, as the report that announces it says them. */
  begin(gauge: Gauge): void {
    this.gauge = gauge;
    this.#mark("current", "total", "unit");
  }

  /** What changed since it was last sent; null where nothing did. */
  tick(): JsonObject | null {
    const changed = this.#fields().filter(([field, value]) => this.#sent[field] !== json(value));
    const coarse = changed.filter(([field]) => field !== "current" || this.#moved());
    if (coarse.length === 0) return null;
    this.#unsure = true;
    return this.#send(coarse);
  }

  /** Everything, where any of it is new or could be taken back; for the way along with a report that is durable. */
  whole(): JsonObject | null {
    const fields = this.#fields();
    const news = fields.some(([field, value]) => this.#sent[field] !== json(value));
    if (!news && !this.#unsure) return null;
    this.#unsure = false;
    return this.#send(fields);
  }

  /** Everything once more where it could be taken back, as part of a sign of life. */
  again(): JsonObject | null {
    return this.#unsure ? this.#send(this.#fields()) : null;
  }

  /** A tick came back unheard: what it said is news again. */
  unsaid(fields: JsonObject): void {
    for (const field of Object.keys(fields)) delete this.#sent[field];
  }

  /** A tick was refused for what it says: what the program names freely is at fault. It is left out, the rest said again. */
  refused(fields: JsonObject): void {
    if (fields["metadata"]) this.#metadata = {};
    else if (fields["counters"]) this.#counted = false;
    else return;
    this.unsaid(fields);
  }

  #fields(): [string, Json][] {
    const { current, total, unit } = this.gauge;
    const all: [string, Json | undefined][] = [
      ["current", count(current)],
      ["total", total === undefined ? undefined : count(total)],
      ["unit", unit],
      ["message", this.message],
      ["counters", this.#counters()],
      ["metadata", Object.keys(this.#metadata).length > 0 ? this.#metadata : undefined],
    ];
    return all.filter((field): field is [string, Json] => field[1] !== undefined);
  }

  #counters(): JsonObject | undefined {
    if (this.#cells.size === 0 || !this.#counted) return undefined;
    const kept = [...this.#cells].slice(0, MAX.counters).filter(([, { value }]) => Number.isFinite(value));
    return Object.fromEntries(kept.map(([name, { value }]) => [name, value]));
  }

  #moved(): boolean {
    const { current, total } = this.gauge;
    return this.every <= 1 || current === total || Math.abs(current - Number(this.#sent["current"] ?? 0)) >= this.every;
  }

  #send(fields: readonly [string, Json][]): JsonObject {
    for (const [field, value] of fields) this.#sent[field] = json(value);
    return Object.fromEntries(fields);
  }

  /** Holds fields for sent as they are: all, or these. */
  #mark(...only: readonly string[]): void {
    const fields = this.#fields().filter(([field]) => only.length === 0 || only.includes(field));
    for (const field of only) delete this.#sent[field];
    this.#send(fields);
  }
}
