// What is counted: plain numbers that the job raises and the reporter reads four times a second. No event, no clock:
// this is what an increment costs.

/** Counts of what is worked on now: a phase, or the whole job. */
export class Gauge {
  current = 0;

  constructor(
    public total: number | undefined = undefined,
    readonly unit: string | undefined = undefined,
  ) {}
}

/** One named number of a job. */
export class Cell {
  value = 0;
}

/** As the service takes it: a whole number from 0 to 2^53-1. */
export function count(value: number): number {
  if (!(value > 0)) return 0; // NaN, too
  return value >= Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Math.floor(value);
}
