// What an increment costs, beside the same addition on a plain object: the median of rounds, interleaved, with a job at
// work on a reporter that ticks. Reports to MILEPOST_URL where there is one, else to nobody.
//
//   npm run bench

import { Reporter } from "../build/index.js";

const TIMES = 10_000_000;
const ROUNDS = 11;
const reporter = Reporter.fromEnv();
const job = reporter.job({ kind: "bench" });
const phase = job.phase("bench");
const counter = job.counter("items");
const plain = { current: 0 };
const items = new Array(TIMES).fill(1);
let sum = 0;

/** Something that takes about a microsecond. */
function work() {
  let value = sum | 0;
  for (let index = 0; index < 800; index++) value = Math.imul(value, 31) + index | 0;
  sum = value;
}

const benches = {
  "plain.current += 1": () => { for (let n = 0; n < TIMES; n++) plain.current += 1; },
  "phase.inc()": () => { for (let n = 0; n < TIMES; n++) phase.inc(); },
  "job.inc()": () => { for (let n = 0; n < TIMES; n++) job.inc(); },
  "counter.inc()": () => { for (let n = 0; n < TIMES; n++) counter.inc(); },
  "for (x of items)": () => { for (const item of items) sum += item; },
  "for (x of phase.track(items))": () => { for (const item of phase.track(items)) sum += item; },
};
const few = items.slice(0, TIMES / 100);
const share = {
  "about 1 µs of work an item": () => { for (const _ of few) work(); },
  "the same, tracked": () => { for (const _ of phase.track(few)) work(); },
};

async function medians(all, times) {
  const taken = Object.fromEntries(Object.keys(all).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of Object.entries(all)) {
      const begin = performance.now();
      run();
      if (round > 0) taken[name].push((performance.now() - begin) * 1e6 / times);
      await new Promise((resolve) => setTimeout(resolve)); // so that reports go
    }
  }
  for (const [name, each] of Object.entries(taken)) {
    const sorted = each.sort((a, b) => a - b);
    console.log(`${name.padEnd(32)} ${sorted[ROUNDS >> 1].toFixed(2).padStart(9)} ns   (${sorted[0].toFixed(2)} … ${sorted[ROUNDS - 1].toFixed(2)})`);
  }
}

console.log(`node ${process.version}`);
await medians(benches, TIMES);
await medians(share, TIMES / 100);
void job.complete();
await reporter.close(10_000);
