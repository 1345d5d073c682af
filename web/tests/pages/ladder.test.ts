// What a network lets through is used, the screen stays the same but for the sign, and what is better is taken again.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { row, showsPercent, showsStatus, sign, stamp, isSamePage } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();

async function moves(page: Page, id: string, current: number): Promise<void> {
  await stage.worker.report(id, { type: "progress", current });
  await showsPercent(page, id, current);
}

function carriedBy(page: Page, name: string): Promise<void> {
  return page.getByRole("banner").getByText(name).waitFor({ timeout: 60_000 });
}

async function backOnSocket(page: Page): Promise<void> {
  await sign(page, "Live").waitFor({ timeout: 60_000 });
  expect(stage.proxy.open("websocket")).toBe(1);
  await expect.poll(() => stage.proxy.open("events")).toBe(0);
}

test("WebSocket is refused, then event streams are, and the page comes back up", async () => {
  await stage.worker.start("refused", { total: 100 });
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address());
  await sign(page, "Live").waitFor();
  await stamp(page);
  await moves(page, "refused", 10);

  stage.proxy.websocket = "refuse";
  stage.proxy.cut("websocket");
  await moves(page, "refused", 20);
  await carriedBy(page, "event stream");
  await sign(page, "Degraded").waitFor();
  await moves(page, "refused", 30);

  stage.proxy.events = "refuse";
  stage.proxy.cut("events");
  await moves(page, "refused", 40);
  await sign(page, "Degraded").waitFor({ timeout: 60_000 });
  await carriedBy(page, "polling");
  await moves(page, "refused", 50);
  await row(page, "refused").getByText("Running").waitFor();

  stage.proxy.restore();
  await backOnSocket(page);
  const { polling } = stage.proxy.seen;
  await moves(page, "refused", 60);
  await stage.worker.report("refused", { type: "completed" });
  await showsStatus(page, "refused", "Completed");
  expect(stage.proxy.seen.polling, "no poll beside the socket").toBe(polling);
  expect(await isSamePage(page)).toBe(true);
  expect(complaints.thrown).toEqual([]);
});

test("a WebSocket that opens and stays mute is not waited for", async () => {
  await stage.worker.start("mute", { total: 100 });
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address());
  await sign(page, "Live").waitFor();
  await moves(page, "mute", 10);
  stage.proxy.websocket = "mute";
  stage.proxy.cut("websocket");
  await moves(page, "mute", 20);
  await carriedBy(page, "event stream");
  await sign(page, "Degraded").waitFor();
  await moves(page, "mute", 30);
  stage.proxy.restore();
  await backOnSocket(page);
  await moves(page, "mute", 40);
  expect(complaints.thrown).toEqual([]);
});

test("a page that begins behind such a proxy shows its jobs at once by polling", async () => {
  await stage.worker.start("behind", { total: 100 });
  stage.proxy.websocket = "mute";
  stage.proxy.events = "mute";
  const { page: open } = await stage.room();
  const page = await open(stage.address());
  await row(page, "behind").waitFor();
  await moves(page, "behind", 5);
});
