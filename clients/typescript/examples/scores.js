// Reads one day of exploit prediction scores (FIRST.org EPSS, 4,000 rows of ../../../examples/data) and tells which
// vulnerabilities are likely to be exploited. Needs `npm run build` before, and Debian's zstd.
//
//   MILEPOST_URL=http://127.0.0.1:8080 MILEPOST_PROJECT=acme node examples/scores.js [FILE.csv.zst] [ROWS A SECOND]

import { spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { counting } from "@milepost/worker/node";
import { Reporter } from "@milepost/worker";

const sample = new URL("../../../examples/data/epss-2022-04-17.csv.zst", import.meta.url).pathname;
const [, , file = sample, perSecond = "0"] = process.argv;
const reporter = Reporter.fromEnv({ interruptOn: ["SIGINT", "SIGTERM"] });

const options = { kind: "epss:read", title: "Exploit prediction scores", phases: ["read", { name: "judge", weight: 9, unit: "rows" }] };
const result = await reporter.run(options, async (job) => {
  const read = job.phase("read", { total: (await stat(file)).size, unit: "bytes" });
  const zstd = spawn("zstd", ["-dc"], { stdio: ["pipe", "pipe", "inherit"], signal: job.signal });
  createReadStream(file).pipe(counting(read)).pipe(zstd.stdin);
  const lines = [];
  for await (const line of createInterface({ input: zstd.stdout })) lines.push(line);

  const judge = job.phase("judge");
  const [likely, unreadable] = [job.counter("likely"), job.counter("unreadable")];
  const found = [];
  for (const line of judge.track(lines.filter((line) => !/^#|^cve,/.test(line)))) {
    const [cve, score] = line.split(",");
    if (!/^CVE-\d{4}-\d+$/.test(cve) || Number.isNaN(Number.parseFloat(score))) {
      unreadable.inc();
      job.notice("warning", "bad_row", `not a score: ${line}`);
    } else if (Number(score) > 0.9) {
      likely.inc();
      found.push(cve);
    }
    if (perSecond > 0) await sleep(1000 / perSecond);
  }
  return { likely: found.length, first: found.slice(0, 10) };
});
console.log(result);
