// What a job and a phase have in common: counts of what is worked on now, and ways to have them counted.

import type { Gauge } from "./gauge.ts";
import { meter, type Measure } from "./stream.ts";
import { sizeOf, trackAsync, trackSync } from "./track.ts";

export abstract class Work {
  protected abstract readonly gauge: Gauge;
  /** Aborted when the job is to stop. Its reason is a `Cancelled`. */
  abstract readonly signal: AbortSignal;

  /** So many more are done. Costs an addition. */
  inc(by = 1): void {
    this.gauge.current += by;
  }

  /** So many are done. */
  set(current: number): void {
    this.gauge.current = current;
  }

  /** So many there are. */
  total(total: number): void {
    this.gauge.total = total;
  }

  /** Counts items as they are done; throws the reason of `signal` once it is aborted. */
  track<T>(items: Iterable<T>): IterableIterator<T>;
  track<T>(items: AsyncIterable<T>): AsyncIterableIterator<T>;
  track<T>(items: Iterable<T> | AsyncIterable<T>): IterableIterator<T> | AsyncIterableIterator<T> {
    const { gauge, signal } = this;
    const size = gauge.total === undefined ? sizeOf(items) : undefined;
    if (size !== undefined) gauge.total = gauge.current + size;
    const tally = { done: () => { gauge.current += 1; }, signal };
    return Symbol.asyncIterator in Object(items)
      ? trackAsync(items as AsyncIterable<T>, tally)
      : trackSync(items as Iterable<T>, tally);
  }

  /** A TransformStream that counts what flows through it, and errors once `signal` is aborted. */
  transform<T = Uint8Array>(by: Measure = "bytes"): TransformStream<T, T> {
    return meter<T>(this, by);
  }

  /** Throws the reason of `signal` where the job is to stop. */
  throwIfCancelled(): void {
    this.signal.throwIfAborted();
  }
}
