// Fifty jobs under a bad network: cut for 2 s every 10 to 20 s, the service restarted three times. Every job must end
// on its terminal state on screen, no job may go back, the page's memory must stay flat. Beside it, under the same cuts,
// a page of plain socket.io. Options: --minutes, --jobs. Needs once: npm ci --prefix benches.

import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "playwright-core";
import { launch, room } from "../tests/support/browser.ts";
import { Proxy } from "../tests/support/proxy.ts";
import { Service } from "../tests/support/service.ts";
import { Worker } from "../tests/support/worker.ts";
import { bound, judge, mean, note, percentile } from "./figures.ts";
import { run, type Ended } from "./fleet.ts";
import { pageHeap, sessionOf, workerHeap } from "./heap.ts";
import { marksOf, names, watchMarks, type Mark } from "./marks.ts";
import { numbers } from "./options.ts";
import { Peer } from "./peer.ts";

const CUT = 2_000;
/** How long the screens are given after the last ending, with the network whole. */
const SETTLE = 60_000;
const MEGABYTE = 1_048_576;

const { minutes, jobs } = numbers({ minutes: 20, jobs: 50 });
const length = minutes * 60_000;
const ids = names(jobs);
const [service, peer] = await Promise.all([Service.start(), Peer.start()]);
const proxies = await Promise.all([Proxy.start(service.port), Proxy.start(peer.port)]);
const [ours, theirs] = proxies;
const browser = await launch();
const heaps: { page: number; worker: number | null }[] = [];
let over = false;
let cuts = 0;

try {
  const worker = new Worker(service.origin);
  for (const id of ids) await worker.create(id, { lease_seconds: 120 });
  // Tall enough for every row to be on screen.
  const { context, complaints } = await room(browser, { viewport: { width: 1280, height: 150 * jobs } });
  await context.addInitScript(watchMarks(false));
  const page = await context.newPage();
  await page.goto(`${ours.origin}/?project=acme`);
  const other = await context.newPage();
  await other.goto(`${theirs.origin}/?${ids.map((id) => `job=${id}`).join("&")}`);

  const faults = [cutAtRandom(), restart(), measure(page)];
  const ended = await run(ids, length, worker, (...told) => peer.emit(...told));
  over = true;
  await Promise.all(faults);
  await settled(page, ended);

  note("minutes", minutes);
  note("cuts of 2 s", cuts);
  judgeScreen(await marksOf(page), ended);
  const backwards = await page.evaluate(() => window.marks.backwards);
  bound("steps back on screen", backwards.length, 0);
  backwards.forEach((line) => note("  back", line));
  bound("exceptions in the page", complaints.thrown.length, 0);
  complaints.thrown.forEach((line) => note("  thrown", line));
  judgeMemory();
  const seen = await marksOf(other);
  const reached = ended.filter(({ job, word }) => seen.find((mark) => mark.job === job)?.word === word).length;
  const share = Math.round((100 * reached) / jobs);
  note("plain socket.io: terminal states on screen", `${reached} of ${jobs} (${share} %)`);
} finally {
  over = true;
  await browser.close();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await Promise.all([service.close(), peer.kill()]);
}
judge();

async function cutAtRandom(): Promise<void> {
  while (!over) {
    await rest(10_000 + Math.random() * 10_000);
    if (over) return;
    proxies.forEach((proxy) => proxy.sever());
    cuts++;
    await pause(CUT);
    proxies.forEach((proxy) => proxy.restore());
  }
}

/** Once asked to stop, once killed, once asked again. */
async function restart(): Promise<void> {
  for (const how of ["stop", "kill", "stop"] as const) {
    await rest(length / 4);
    if (over) return;
    const began = Date.now();
    await Promise.all([service[how](), peer.kill()]);
    await Promise.all([service.up(), peer.up()]);
    note(`restarted (${how}) after (s)`, (Date.now() - began) / 1000);
  }
}

async function measure(page: Page): Promise<void> {
  const session = await sessionOf(page);
  while (!over) {
    await rest(60_000);
    const heap = { page: await pageHeap(session), worker: await workerHeap(browser) };
    heaps.push(heap);
    const age = Date.now() - Math.max(...(await marksOf(page)).map((mark) => mark.paintedAt));
    const [held, workers] = [heap.page, heap.worker ?? 0].map((bytes) => (bytes / MEGABYTE).toFixed(2));
    note(`after ${heaps.length} min: heap of page + worker (MiB), age of the screen (s)`,
      `${held} + ${workers}, ${(age / 1000).toFixed(1)}`);
  }
}

/** Waits, but not longer than the jobs. */
async function rest(milliseconds: number): Promise<void> {
  const until = Date.now() + milliseconds;
  while (!over && Date.now() < until) await pause(100);
}

async function settled(page: Page, ended: readonly Ended[]): Promise<void> {
  const until = Date.now() + SETTLE;
  while (Date.now() < until) {
    const marks = await marksOf(page);
    if (ended.every(({ job, word }) => marks.some((mark) => mark.job === job && mark.word === word))) return;
    await pause(500);
  }
}

function judgeScreen(marks: readonly Mark[], ended: readonly Ended[]): void {
  const markOf = (job: string) => marks.find((mark) => mark.job === job);
  const missing = ended.filter(({ job, word }) => markOf(job)?.word !== word);
  bound("jobs without their terminal state on screen", missing.length, 0);
  for (const { job, word } of missing) note(`  ${job} ${word}, on screen`, JSON.stringify(markOf(job) ?? null));
  const late = ended.filter((one) => !missing.includes(one)).map(({ job, at }) => (markOf(job)?.paintedAt ?? NaN) - at);
  const [median, longest] = [percentile(late, 0.5), percentile(late, 1)].map((time) => (time / 1000).toFixed(2));
  note("from ending to screen, median and longest (s)", `${median}, ${longest}`);
}

/** Flat: the last third holds no more than the middle one, but for a tenth. */
function judgeMemory(): void {
  const third = Math.floor(heaps.length / 3);
  if (third === 0) return note("memory", "not judged: fewer than 3 minutes");
  const total = heaps.map(({ page, worker }) => page + (worker ?? 0));
  const [middle, last] = [mean(total.slice(third, 2 * third)), mean(total.slice(2 * third))];
  bound("memory of page and worker, last third to middle third", last / middle, 1.1);
}
