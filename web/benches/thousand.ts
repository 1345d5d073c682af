// A thousand active jobs on one page: what the page weighs, how soon the first list is painted, how long frames take
// while it is scrolled and every job moves twice a second, and whether every row ends on the right state.
// Options: --jobs, --seconds.

import { fork } from "node:child_process";
import { once } from "node:events";
import type { Page } from "playwright-core";
import { launch, room } from "../tests/support/browser.ts";
import { Service } from "../tests/support/service.ts";
import { Worker } from "../tests/support/worker.ts";
import { bound, judge, note, percentile } from "./figures.ts";
import { scrolling } from "./frames.ts";
import { ENDINGS, type Done, type Orders } from "./load.ts";
import { TOTAL, names, watchMarks } from "./marks.ts";
import { numbers } from "./options.ts";
import { scripts } from "./size.ts";

const { jobs, seconds } = numbers({ jobs: 1000, seconds: 30 });
const ids = names(jobs);
const service = await Service.start();
const browser = await launch();

try {
  await judgeSize(true);
  await judgeSize(false);
  const worker = new Worker(service.origin);
  await begin(worker);
  await measureFirstPaint();
  const { context, complaints } = await room(browser);
  const page = await context.newPage();
  await page.goto(`${service.origin}/?project=acme&layout=table`);
  const load = await startLoad();
  await page.getByText(/[1-9]\d* of 1,000,000/).first().waitFor();
  const frames = await scrolling(page, seconds * 1000);
  note("frames while scrolling", frames.length);
  note("frame time, median (ms)", percentile(frames, 0.5));
  bound("frame time, 95 of 100", percentile(frames, 0.95), 32, "ms");
  note("frame time, longest (ms)", Math.max(...frames));
  load.send("end");
  const [done] = (await once(load, "message")) as [Done];
  note("reports a job and second", done.pace);
  note("longest request of the load (ms)", done.longest);
  await judgeRows(page);
  bound("exceptions in the page", complaints.thrown.length, 0);
} finally {
  await browser.close();
  await service.close();
}
judge();

async function judgeSize(shared: boolean): Promise<void> {
  const sizes = await scripts(browser, service.port, shared);
  sizes.forEach((bytes, path) => note(`  ${path} (kB gzipped)`, bytes / 1000));
  const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  bound(`JavaScript, gzipped, ${shared ? "with" : "without"} a shared worker`, total / 1000, 120, "kB");
}

async function begin(worker: Worker): Promise<void> {
  for (let from = 0; from < ids.length; from += 20) {
    await Promise.all(ids.slice(from, from + 20).map((id) => worker.create(id, { lease_seconds: 300 })));
  }
  for (let from = 0; from < ids.length; from += 1000) {
    const some = ids.slice(from, from + 1000);
    await worker.batch(some.map((job) => ({ job, type: "started", worker: "load" })));
    await worker.batch(some.map((job) => ({ job, type: "progress", current: 0, total: TOTAL })));
  }
}

/** In a profile of its own, with nothing cached; the median of five. */
async function measureFirstPaint(): Promise<void> {
  const taken: number[] = [];
  for (let round = 0; round < 5; round++) {
    const { context } = await room(browser);
    await context.addInitScript(watchMarks(true));
    const page = await context.newPage();
    await page.goto(`${service.origin}/?project=acme&layout=table`);
    const first = await page.waitForFunction(() => {
      const mark = window.marks.all[0];
      return mark && mark.paintedAt - performance.timeOrigin;
    });
    taken.push((await first.jsonValue()) as number);
    await context.close();
  }
  note("first list painted, each time (ms)", taken.map(Math.round).join(", "));
  bound("first list painted, median", percentile(taken, 0.5), 1000, "ms");
}

async function startLoad() {
  const load = fork(new URL("run.js", import.meta.url).pathname, ["load"]);
  await once(load, "message");
  load.send({ origin: service.origin, ids } satisfies Orders);
  return load;
}

/** Goes through the whole list, which holds only the rows in view, and reads how each job ended. */
async function judgeRows(page: Page): Promise<void> {
  const seen = new Map<string, string>();
  const until = Date.now() + 60_000;
  const right = (): number => ids.filter((id, at) => seen.get(id) === ENDINGS[at % ENDINGS.length]).length;
  for (let turn = 0; right() < ids.length && Date.now() < until; turn++) {
    for (const text of await page.getByRole("main").getByRole("row").allTextContents()) {
      const id = /mark-\d{4}/.exec(text)?.[0];
      if (id) seen.set(id, /completed|failed|cancelled/i.exec(text)?.[0].toLowerCase() ?? "working");
    }
    await page.mouse.wheel(0, Math.floor(turn / 200) % 2 === 0 ? 400 : -400);
  }
  bound("rows that did not end on the right state", ids.length - right(), 0);
}
