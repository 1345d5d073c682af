// The service goes away in mid-job, by a crash or on purpose, and comes back: the page goes on, and misses no ending.

import { expect, test } from "vitest";
import { isSamePage, showsPercent, showsStatus, sign, stamp } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();

test.for(["kill", "stop"] as const)("the service ends (%s) and comes back in mid-job", async (how) => {
  await stage.worker.start(`${how}-on`, { total: 100 });
  await stage.worker.start(`${how}-end`, { total: 100 });
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address());
  await stage.worker.report(`${how}-on`, { type: "progress", current: 30 });
  await showsPercent(page, `${how}-on`, 30);
  await stamp(page);

  await stage.service[how]();
  await sign(page, "Live").waitFor({ state: "hidden" });
  // What was shown stays on screen.
  await showsPercent(page, `${how}-on`, 30);
  await stage.service.up();
  // Perhaps before the page is back.
  await stage.worker.report(`${how}-end`, { type: "completed" });
  await stage.worker.report(`${how}-on`, { type: "progress", current: 60 });
  await showsStatus(page, `${how}-end`, "Completed");
  await showsPercent(page, `${how}-on`, 60);
  await sign(page, "Live").waitFor({ timeout: 60_000 });
  await stage.worker.report(`${how}-on`, { type: "completed" });
  await showsStatus(page, `${how}-on`, "Completed");
  expect(await isSamePage(page)).toBe(true);
  expect(complaints.thrown).toEqual([]);
});

test("a page that is loaded again in mid-job shows where the job is, in the same view", async () => {
  await stage.worker.start("again", { title: "Loaded again", total: 100 });
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address("layout=cards&status=active"));
  await stage.worker.report("again", { type: "progress", current: 44 });
  await showsPercent(page, "Loaded again", 44);
  await page.reload();
  await showsPercent(page, "Loaded again", 44);
  await page.getByRole("article", { name: "Loaded again" }).waitFor();
  await page.getByRole("button", { name: "Cards" }).and(page.locator("[aria-pressed=true]")).waitFor();
  await stage.worker.report("again", { type: "progress", current: 70 });
  await showsPercent(page, "Loaded again", 70);
  await page.getByRole("link", { name: "Loaded again" }).click();
  await page.getByRole("heading", { name: "Loaded again", level: 1 }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Loaded again", level: 1 }).waitFor();
  await stage.worker.report("again", { type: "completed" });
  await showsPercent(page, "Loaded again", 100);
  expect(complaints.thrown).toEqual([]);
});
