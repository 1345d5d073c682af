// Eight tabs of one browser, over HTTP/1.1, where six connections are all there are: all live, over a single one.

import { expect, test } from "vitest";
import type { BrowserContext, Page } from "playwright-core";
import { showsPercent, sign } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();
const TABS = 8;

/** Makes the browser one that has no such thing. */
function without(name: "SharedWorker"): string {
  return `delete window.${name};`;
}

async function openTabs(context: BrowserContext): Promise<Page[]> {
  const pages: Page[] = [];
  for (let tab = 0; tab < TABS; tab++) {
    const page = await context.newPage();
    await page.goto(stage.address());
    pages.push(page);
  }
  return pages;
}

async function allShow(pages: readonly Page[], id: string, current: number): Promise<void> {
  await stage.worker.report(id, { type: "progress", current });
  await Promise.all(pages.map((page) => showsPercent(page, id, current)));
}

test.for(["a shared worker", "a leader among them"])("eight tabs share one socket by %s", async (means, { task }) => {
  const id = `tabs-${task.id}`;
  await stage.worker.start(id, { total: 100 });
  const { context, complaints } = await stage.room();
  if (means !== "a shared worker") await context.addInitScript(without("SharedWorker"));
  const pages = await openTabs(context);
  await Promise.all(pages.map((page) => sign(page, "Live").waitFor()));
  await allShow(pages, id, 10);
  expect(stage.proxy.open("websocket")).toBe(1);
  expect(stage.proxy.open("events")).toBe(0);

  // The first one may be who leads. The others go on.
  const [first, ...others] = pages;
  await first?.close();
  await allShow(others, id, 20);
  await expect.poll(() => stage.proxy.open("websocket"), { timeout: 30_000 }).toBe(1);
  await Promise.all(others.map((page) => sign(page, "Live").waitFor()));
  expect(complaints.thrown).toEqual([]);
});

test("eight tabs without WebSocket share one event stream", async () => {
  await stage.worker.start("streams", { total: 100 });
  stage.proxy.websocket = "refuse";
  const { context } = await stage.room();
  const pages = await openTabs(context);
  const carried = (page: Page) => page.getByRole("banner").getByText(/event stream/).waitFor({ timeout: 60_000 });
  await Promise.all(pages.map(carried));
  await allShow(pages, "streams", 10);
  // The summary may have a stream of its own.
  expect(stage.proxy.open("events")).toBeLessThanOrEqual(3);
});
