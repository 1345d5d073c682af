// The figures of a bench: printed as they come, held against their bounds, and the exit code that says whether those
// held.

let missed = 0;

/** The value that `share` (0 … 1) of `values` do not exceed; NaN where there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Prints a figure. */
export function note(name: string, value: string | number): void {
  console.log(`${name.padEnd(64)} ${typeof value === "number" ? round(value) : value}`);
}

/** Prints a figure that must not exceed `most`. What is no number does not hold. */
export function bound(name: string, value: number, most: number, unit = ""): void {
  const holds = value <= most;
  if (!holds) missed++;
  const words = `${round(value)} ${unit}`.trim();
  console.log(`${name.padEnd(64)} ${words.padEnd(12)} ${holds ? "ok" : "MISSED"} (at most ${most} ${unit})`.trimEnd());
}

/** To be called last: the process ends with 1 where a bound was missed. */
export function judge(): void {
  console.log(missed === 0 ? "every bound held" : `${missed} bounds missed`);
  process.exitCode = missed === 0 ? 0 : 1;
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}
