// From a worker's report to the painted pixel, where the pace lets each report through (one a second and job); and how
// long the screen stands still when the WebSocket is taken away in the middle. Options: --seconds, --jobs, --rounds.

import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "playwright-core";
import { launch, room } from "../tests/support/browser.ts";
import { Proxy } from "../tests/support/proxy.ts";
import { Service } from "../tests/support/service.ts";
import { Worker } from "../tests/support/worker.ts";
import { bound, judge, note, percentile } from "./figures.ts";
import { TOTAL, names, watchMarks, type Mark } from "./marks.ts";
import { numbers } from "./options.ts";

/** What is measured while everything is new is left out. */
const WARM_UP = 3_000;

const { seconds, jobs, rounds } = numbers({ seconds: 60, jobs: 10, rounds: 3 });
const service = await Service.start();
const proxy = await Proxy.start(service.port);
const browser = await launch();
const ids = names(jobs);
const worker = new Worker(service.origin);
/** When each step was sent, by `job step`. */
const sent = new Map<string, number>();
let reporting = true;

try {
  for (const id of ids) await worker.start(id);
  const { context } = await room(browser, { viewport: { width: 1280, height: 2000 } });
  await context.addInitScript(watchMarks(true));
  const page = await context.newPage();
  await page.goto(`${proxy.origin}/?project=acme`);
  const reporters = ids.map((id, at) => report(id, (at * 1000) / jobs));
  await measurePixels(page);
  for (const how of ["refuse", "mute"] as const) {
    for (let round = 1; round <= rounds; round++) await measureSwitch(page, how);
  }
  reporting = false;
  await Promise.all(reporters);
} finally {
  await browser.close();
  await proxy.close();
  await service.close();
}
judge();

async function report(id: string, offset: number): Promise<void> {
  await pause(offset);
  for (let step = 1; reporting; step++) {
    const at = now();
    sent.set(`${id} ${step}`, at);
    await worker.report(id, { type: "progress", current: step, total: TOTAL });
    await pause(Math.max(0, at + 1000 - now()));
  }
}

async function measurePixels(page: Page): Promise<void> {
  await pause(WARM_UP);
  const from = now();
  await pause(seconds * 1000);
  const until = now() - 1000;
  const marks = await page.evaluate(() => window.marks.all);
  const taken = marks.flatMap((mark) => {
    const at = sentAt(mark);
    return at >= from && at <= until ? [mark.paintedAt - at] : [];
  });
  const reports = [...sent.values()].filter((at) => at >= from && at <= until).length;
  note("reports, one a second and job", reports);
  note("of them painted as they were, not folded into a later one", taken.length);
  note("report to pixel, median (ms)", percentile(taken, 0.5));
  bound("report to pixel, 95 of 100", percentile(taken, 0.95), 50, "ms");
  note("report to pixel, longest (ms)", Math.max(...taken));
}

async function measureSwitch(page: Page, how: "refuse" | "mute"): Promise<void> {
  while (proxy.open("websocket") === 0) await pause(100);
  await pause(WARM_UP);
  const cutAt = now();
  proxy.websocket = how;
  proxy.cut("websocket");
  const first = await page.waitForFunction(
    (cutAt) => window.marks.all.find((mark) => mark.paintedAt > cutAt + 100) ?? null,
    cutAt, { timeout: 60_000, polling: 20 });
  const mark = (await first.jsonValue()) as Mark;
  bound(`WebSocket off (${how}): to the next update on screen`, (mark.paintedAt - cutAt) / 1000, 6, "s");
  await pause(WARM_UP);
  const transports = (["websocket", "events"] as const).filter((kind) => proxy.open(kind) > 0);
  note(`  streams open ${WARM_UP / 1000} s later`, transports.join(", ") || "none: polling");
  const backAt = now();
  proxy.restore();
  while (proxy.open("websocket") === 0 || proxy.open("events") > 0) {
    if (now() - backAt > 120_000) break;
    await pause(100);
  }
  note("  let through again: back on the WebSocket after (s)", (now() - backAt) / 1000);
}

function sentAt({ job, step }: Mark): number {
  return sent.get(`${job} ${step}`) ?? NaN;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
