// The dashboard on a phone: nothing wider than the screen, and everything in reach of a finger.

import { expect, test } from "vitest";
import { bar } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage({ command: "demo", args: ["--pace", "5"] });
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

test("no view is wider than the screen", async () => {
  await stage.worker.start("phone-1", {
    title: "A-title-without-any-place-to-break-it-which-is-longer-than-the-screen-is-wide-0123456789",
    subject: "subject-0123456789-0123456789-0123456789-0123456789",
    owner: "u-17",
    phases: [{ name: "fetch" }, { name: "parse", weight: 8 }],
  });
  await stage.worker.report("phone-1", { type: "phase", name: "fetch" },
    { type: "progress", current: 3, total: 4, message: `https://example.com/${"long/".repeat(20)}` },
    { type: "notice", level: "error", message: "x".repeat(300) });
  const { context, complaints } = await stage.room(PHONE);
  const page = await context.newPage();
  const views = ["", "layout=cards", "job=phone-1", "view=notifications", "job=none",
    "project=demo", "project=demo&view=feeds", "project=demo&view=imports", "project=demo&view=ingestions"];
  for (const view of views) {
    await page.goto(stage.address(view));
    await page.getByRole("main").getByRole("heading").first().waitFor();
    if (["", "layout=cards", "job=phone-1"].includes(view)) await bar(page, "A-title-without").first().waitFor();
    // What hangs out would make the page wider than the screen, or be cut off.
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(widest, `of ${view || "the list"}`).toBeLessThanOrEqual(360);
  }
  expect(complaints.thrown).toEqual([]);
});

test("a job is opened and cancelled by finger", async () => {
  await stage.worker.start("phone-2", { title: "Phone job" });
  const { page: open } = await stage.room(PHONE);
  const page = await open(stage.address());
  await page.getByRole("link", { name: "Phone job" }).tap();
  await page.getByRole("button", { name: "Cancel Phone job" }).tap();
  await page.getByRole("button", { name: "Yes" }).tap();
  await page.getByRole("main").getByText("Cancelling…").waitFor();
});
