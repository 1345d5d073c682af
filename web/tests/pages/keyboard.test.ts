// All of it without a mouse.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { row } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();

/** What the focus is on: its name, or its text. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement: at } = document;
    return at?.getAttribute("aria-label") ?? at?.textContent ?? "";
  });
}

/** Presses Tab until the focus is there. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${name}`);
}

test("from the head of the page to a job, its cancelling, and back", async () => {
  await stage.worker.start("key-1", { title: "First by keys" });
  await stage.worker.start("key-2", { title: "Second by keys" });
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address());
  await row(page, "First by keys").waitFor();

  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
  await tabTo(page, "Second by keys");

  await page.keyboard.press("j");
  await expect.poll(() => focused(page)).toBe("First by keys");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "First by keys", level: 1 }).waitFor();
  await tabTo(page, "Cancel First by keys");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("No");
  await page.keyboard.press("Escape");
  await expect.poll(() => focused(page)).toBe("Cancel First by keys");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("No");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("main").getByText("Cancelling…").waitFor();

  await page.keyboard.press("Escape");
  await row(page, "First by keys").waitFor();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.waitFor();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
  await page.keyboard.press("g");
  await page.keyboard.press("n");
  await page.getByRole("heading", { name: "Notifications", level: 1 }).waitFor();
  expect(complaints.thrown).toEqual([]);
});

test("typing a search narrows the list, and the address says so", async () => {
  const { page: open } = await stage.room();
  const page = await open(stage.address());
  await row(page, "Second by keys").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("second");
  await row(page, "First by keys").waitFor({ state: "hidden" });
  await page.waitForURL((url) => url.searchParams.get("q") === "second");
  await row(page, "Second by keys").waitFor();
});
