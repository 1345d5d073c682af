// A job moves on the screen and ends there, without the page asking for it.

import { expect, test } from "vitest";
import { bar, row, showsPercent, showsStatus, sign } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();

test("a job appears, moves and completes in the list, over one socket and without a poll", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address());
  await sign(page, "Live").waitFor();
  const { websocket, polling } = { ...stage.proxy.seen };

  await stage.worker.start("list-1", { title: "Nightly scan", total: 200, unit: "files" });
  await row(page, "Nightly scan").waitFor();
  await stage.worker.report("list-1", { type: "progress", current: 50 });
  await showsPercent(page, "Nightly scan", 25);
  await row(page, "Nightly scan").getByText("50 of 200 files").waitFor();
  await stage.worker.report("list-1", { type: "completed", result: { found: 7 } });
  await showsStatus(page, "Nightly scan", "Completed");
  await showsPercent(page, "Nightly scan", 100);
  await row(page, "Nightly scan").getByText("found 7").waitFor();

  expect(stage.proxy.open("websocket")).toBe(1);
  expect(stage.proxy.seen.websocket).toBe(websocket);
  expect(stage.proxy.seen.polling).toBe(polling);
  expect(complaints.thrown).toEqual([]);
});

test("the page of a job shows its phases, its findings as they come, and its result", async () => {
  const phases = [{ name: "fetch" }, { name: "parse", weight: 3, total: 10 }];
  await stage.worker.start("detail-1", { title: "Deep scan", phases });
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address("job=detail-1"));
  await page.getByRole("heading", { name: "Deep scan" }).waitFor();

  await stage.worker.report("detail-1", { type: "phase", name: "fetch" }, { type: "phase", name: "parse", total: 10 },
    { type: "progress", current: 4, counters: { critical: 2 } });
  await showsPercent(page, "Deep scan", 55);
  const steps = page.getByRole("list", { name: "Phases" });
  expect(await steps.locator("[aria-current=step]").textContent()).toContain("Parse");
  const notice = { level: "warning", code: "bad_rule", message: "line 88: unknown field" };
  await stage.worker.report("detail-1", { type: "notice", ...notice });
  await page.getByRole("main").getByText("line 88: unknown field").first().waitFor();
  await stage.worker.report("detail-1", { type: "completed", result: { rules: 10 } });
  await page.getByRole("region", { name: "Result" }).getByText("10").waitFor();
  await showsPercent(page, "Deep scan", 100);
  expect(complaints.thrown).toEqual([]);
});

test("a failure is told by a toast that leads to the job, and the job can be run again", async () => {
  const { page: open } = await stage.room();
  const page = await open(stage.address());
  await stage.worker.start("fail-1", { title: "Import of rules", total: 100 });
  await bar(page, "Import of rules").waitFor();
  // That may be the first list; a change of it comes by the stream, which tells the ending then, too.
  await stage.worker.report("fail-1", { type: "progress", current: 10 });
  await showsPercent(page, "Import of rules", 10);
  const error = { code: "disk_full", message: "no space left", retryable: true };
  await stage.worker.report("fail-1", { type: "failed", error });
  const toasts = page.getByRole("region", { name: "Notifications" });
  const toast = toasts.getByRole("article", { name: "Import of rules: Failed" });
  await toast.getByText("no space left").waitFor();
  await toast.getByRole("link", { name: "Import of rules" }).click();
  await page.getByRole("heading", { name: "Import of rules", level: 1 }).waitFor();
  await page.getByRole("button", { name: /Retry/ }).click();
  await page.waitForURL((url) => url.searchParams.get("job") !== "fail-1");
  await page.getByRole("main").getByText("Queued").first().waitFor();
});

test("the title of the tab tells how far the job is that is looked at", async () => {
  await stage.worker.start("title-1", { title: "Big sync", total: 100 });
  const { page: open } = await stage.room();
  const page = await open(stage.address("job=title-1"));
  await stage.worker.report("title-1", { type: "progress", current: 37 });
  await expect.poll(() => page.title(), { timeout: 15_000 }).toContain("37%");
  await stage.worker.report("title-1", { type: "completed" });
  await expect.poll(() => page.title(), { timeout: 15_000 }).not.toContain("37%");
});
