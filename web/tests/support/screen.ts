// What a person or a screen reader finds on the dashboard, by role and by name.

import { expect } from "vitest";
import type { Locator, Page } from "playwright-core";

/** How long the page may take to show what happened. */
const SOON = 15_000;

/** The row of a job in the table. */
export function row(page: Page, title: string): Locator {
  return page.getByRole("main").getByRole("row").filter({ hasText: title });
}

/** How far a job is, wherever it is drawn within the view. */
export function bar(page: Page, title: string): Locator {
  return page.getByRole("main").getByRole("progressbar", { name: `Progress of ${title}` });
}

/** The sign of the connection, by its word. */
export function sign(page: Page, word: "Live" | "Degraded" | "Reconnecting" | "Offline" | "Needs a token"): Locator {
  return page.getByRole("banner").getByText(word, { exact: true });
}

/** Until the bar of a job says so many percent. */
export async function showsPercent(page: Page, title: string, percent: number, timeout = SOON): Promise<void> {
  const shown = () => bar(page, title).getAttribute("aria-valuenow", { timeout });
  await expect.poll(shown, { timeout, message: `${title} at ${percent} %` }).toBe(String(percent));
}

/** Until the row of a job has the word of its status. */
export async function showsStatus(page: Page, title: string, word: string): Promise<void> {
  await row(page, title).getByText(word, { exact: true }).waitFor({ timeout: SOON });
}

/** Marks the page, so that a later `isSamePage` tells whether it was loaded again. */
export function stamp(page: Page): Promise<void> {
  return page.evaluate(() => void (document.documentElement.dataset["stamp"] = "here"));
}

export function isSamePage(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.dataset["stamp"] === "here");
}
