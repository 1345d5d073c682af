// The one timer of a reporter. It holds the process only while it is told to: Node's and Bun's timers, Deno's numbers
// and a browser's, which hold nothing, are spoken to alike.

interface Held { ref?(): void; unref?(): void }
type DenoTimers = { Deno?: { refTimer?(id: number): void; unrefTimer?(id: number): void } };

export class Alarm {
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(readonly ring: () => void) {}

  /** Rings once in so many milliseconds, instead of what was set before. */
  set(milliseconds: number, hold: boolean): void {
    this.clear();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.ring();
    }, Math.max(0, milliseconds));
    release(this.#timer, hold);
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function release(timer: unknown, hold: boolean): void {
  if (hold) return; // timers hold where they are made
  if (typeof timer === "number") return (globalThis as DenoTimers).Deno?.unrefTimer?.(timer);
  (timer as Held).unref?.();
}
