// After ten attempts in vain the page says that it is offline, and leaves it to the reader to try again.

import { expect, test } from "vitest";
import { showsPercent, sign } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();

test("the button after ten failures brings the page back", async () => {
  await stage.worker.start("ten", { total: 100 });
  const { context, complaints } = await stage.room();
  // The clock of a page can be moved, that of a worker cannot: so the page holds the connection itself.
  await context.addInitScript("delete window.SharedWorker");
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(stage.address());
  await stage.worker.report("ten", { type: "progress", current: 10 });
  await showsPercent(page, "ten", 10);

  stage.proxy.sever();
  const offline = page.getByRole("alert").filter({ hasText: "Offline" });
  await sign(page, "Reconnecting").waitFor();
  const waited = async () => {
    await page.clock.runFor(5_000);
    return offline.isVisible();
  };
  await expect.poll(waited, { timeout: 90_000, interval: 50 }).toBe(true);
  await sign(page, "Offline").waitFor();
  await showsPercent(page, "ten", 10);

  stage.proxy.restore();
  await stage.worker.report("ten", { type: "progress", current: 80 });
  await offline.getByRole("button", { name: "Reconnect" }).click();
  await showsPercent(page, "ten", 80);
  await sign(page, "Live").waitFor();
  await offline.waitFor({ state: "hidden" });
  expect(complaints.thrown).toEqual([]);
});

test("a page whose network goes and comes back is live again at once", async () => {
  await stage.worker.start("gone", { total: 100 });
  const { context, page: open, complaints } = await stage.room();
  const page = await open(stage.address());
  await stage.worker.report("gone", { type: "progress", current: 10 });
  await showsPercent(page, "gone", 10);
  await sign(page, "Live").waitFor();

  stage.proxy.sever();
  await context.setOffline(true);
  await sign(page, "Live").waitFor({ state: "hidden" });
  await stage.worker.report("gone", { type: "progress", current: 55 });
  await showsPercent(page, "gone", 10);
  stage.proxy.restore();
  await context.setOffline(false);
  await showsPercent(page, "gone", 55);
  await sign(page, "Live").waitFor();
  expect(complaints.thrown).toEqual([]);
});
