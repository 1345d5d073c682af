// A worker as a process of its own, on the package as built. Its argument says what becomes of it; it reports to where
// the environment says. Prints `ready` when the service has its job at work.

import { Reporter } from "../../build/index.js";

const [, , fate, id] = process.argv;
const signals = fate === "interrupted" ? ["SIGTERM"] : [];
const reporter = Reporter.fromEnv({ interruptOn: signals, interruptGrace: 500, log: (line) => console.error(line) });
const options = { kind: "scan", id, leaseSeconds: 5, lostAfterSeconds: 1 };

/** Once the service has answered all that was said of these jobs, their claims included. */
async function ready(...jobs) {
  await Promise.all(jobs.map((job) => job.known(60_000)));
  await reporter.flush(60_000);
  console.log("ready");
}

const fates = {
  /** Works until it is killed. */
  async endless() {
    const job = reporter.job(options);
    setInterval(() => job.inc(), 50);
    await ready(job);
  },
  /** Says how it ended, and nothing keeps it. */
  async ends() {
    await reporter.run(options, (job) => job.inc(3));
  },
  /** Has a job that it does not end, and nothing keeps it. */
  async leaves() {
    await ready(reporter.job(options));
  },
  /** Lets go of a job without a word, and lives on. */
  async forgets() {
    await (async () => ready(reporter.job(options)))();
    setInterval(globalThis.gc, 50);
  },
  /** One job heeds the signal, the other does not. */
  async interrupted() {
    const deaf = reporter.job({ ...options, id: `${id}-deaf` });
    const heeds = reporter.run(options, async (job) => {
      await ready(job, deaf);
      await new Promise((resolve) => job.signal.addEventListener("abort", resolve));
      throw job.signal.reason;
    });
    setInterval(() => deaf.inc(), 50);
    await heeds.catch(() => {});
  },
  /** Computes without ever waiting for anything, but lets the event loop run. */
  async yields() {
    const work = async (job) => {
      for (;;) {
        job.inc();
        await job.yield();
        job.throwIfCancelled();
      }
    };
    await reporter.run(options, work).catch((error) => console.log(error.code));
  },
  /** Blocks its event loop for longer than its lease, then goes on. */
  async blocks() {
    const job = reporter.job({ ...options, lostAfterSeconds: 300 });
    await ready(job);
    const end = performance.now() + 11_000;
    while (performance.now() < end) job.inc();
    await job.complete();
  },
};

await fates[fate]();
