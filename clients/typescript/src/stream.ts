// Streams counted as they flow: the transform for every runtime, and the size of a chunk.

export type Measure = "bytes" | "chunks";

/** Where a stream's chunks are counted: a job or a phase. */
export interface Meter {
  readonly signal: AbortSignal;
  inc(by: number): void;
}

/** Counts one chunk; throws the reason of the signal once it is aborted. Text counts as UTF-8. */
export function countChunk(to: Meter, chunk: unknown, by: Measure): void {
  to.signal.throwIfAborted();
  to.inc(by === "chunks" ? 1 : size(chunk));
}

function size(chunk: unknown): number {
  if (typeof chunk === "string") return new TextEncoder().encode(chunk).length;
  if (chunk instanceof ArrayBuffer || ArrayBuffer.isView(chunk)) return chunk.byteLength;
  return 1;
}

/** A TransformStream that changes nothing. */
export function meter<T>(to: Meter, by: Measure): TransformStream<T, T> {
  return new TransformStream<T, T>({
    transform(chunk, controller) {
      countChunk(to, chunk, by);
      controller.enqueue(chunk);
    },
  });
}
