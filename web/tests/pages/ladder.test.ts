// What a network lets through is used, the screen stays the same but for the sign, and what is better is taken again.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { Passage } from "../support/proxy.ts";
import { row, showsPercent, showsStatus, sign, stamp, isSamePage } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();

async function moves(page: Page, id: string, current: number): Promise<void> {
  await stage.worker.report(id, { type: "progress", current });
  await showsPercent(page, id, current);
}

async function uses(transport: "websocket" | "events" | "polling"): Promise<void> {
  const used = () => (["websocket", "events"] as const).filter((kind) => stage.proxy.open(kind) > 0).join() || "polling";
  await expect.poll(used, { timeout: 60_000, message: `on ${transport}` }).toBe(transport);
}

test.for<Passage>(["refuse", "mute"])("WebSocket, then event streams fail (%s), and come back", async (how) => {
  const id = `ladder-${how}`;
  await stage.worker.start(id, { total: 100 });
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address());
  await sign(page, "Live").waitFor();
  await stamp(page);
  await moves(page, id, 10);

  stage.proxy.websocket = how;
  stage.proxy.cut("websocket");
  await moves(page, id, 20);
  await sign(page, "Degraded").waitFor({ timeout: 60_000 });
  await page.getByRole("banner").getByText(/event stream/).waitFor({ timeout: 60_000 });
  await moves(page, id, 30);

  stage.proxy.events = how;
  stage.proxy.cut("events");
  await moves(page, id, 40);
  await page.getByRole("banner").getByText(/polling/).waitFor({ timeout: 60_000 });
  await sign(page, "Degraded").waitFor({ timeout: 60_000 });
  await moves(page, id, 50);
  await row(page, id).getByText("Running").waitFor();

  stage.proxy.restore();
  await sign(page, "Live").waitFor({ timeout: 60_000 });
  await uses("websocket");
  const { polling } = stage.proxy.seen;
  await moves(page, id, 60);
  await stage.worker.report(id, { type: "completed" });
  await showsStatus(page, id, "Completed");
  expect(stage.proxy.seen.polling, "no poll beside the socket").toBe(polling);
  expect(await isSamePage(page)).toBe(true);
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
