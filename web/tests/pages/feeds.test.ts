// The view of the feeds, and that of the imports, on the demonstration as it is.

import { expect, test } from "vitest";
import { useStage } from "../support/stage.ts";

const stage = useStage({ command: "demo", args: ["--pace", "20"] });
const FEED = "SigmaHQ releases";

test("a sync is started; its button is off while it runs; its end brings the last sync up to date", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address("project=demo&view=feeds"));
  const feed = page.getByRole("listitem", { name: FEED });
  const button = feed.getByRole("button", { name: /^Sync now/ });
  // The demonstration syncs by itself, too: where it begins between the look and the click, the button is off again.
  for (let answer = null; answer === null;) {
    await button.and(page.locator(":not([aria-disabled=true])")).waitFor({ timeout: 60_000 });
    const answered = page.waitForResponse((response) => response.url().endsWith("/sync"), { timeout: 2_000 });
    [answer] = await Promise.all([answered.catch(() => null), button.click({ timeout: 2_000 }).catch(() => {})]);
    if (answer !== null) expect(answer.status()).toBe(202);
  }
  const busy = feed.getByRole("button", { name: /^Syncing/, disabled: true });
  await busy.waitFor();
  await feed.getByRole("progressbar").waitFor();
  const toasts = page.getByRole("region", { name: "Notifications" });
  await toasts.getByRole("article", { name: /: Completed$/ }).waitFor({ timeout: 60_000 });
  await button.waitFor({ timeout: 60_000 });
  await feed.getByText("completed").waitFor();
  await feed.getByText(/just now|\d s ago/).waitFor();
  expect(complaints.thrown).toEqual([]);
});

test("several files are dropped at once, and each becomes a job that ends", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address("project=demo&view=imports"));
  await page.getByText("Drop CSV files here").waitFor();
  const files = await page.evaluateHandle(() => {
    const dropped = new DataTransfer();
    for (const name of ["apples", "pears", "plums"]) {
      const rows = Array.from({ length: 300 }, (_, at) => `${name}-${at},${at}`).join("\n");
      dropped.items.add(new File([`name,count\n${rows}\n`], `${name}.csv`, { type: "text/csv" }));
    }
    return dropped;
  });
  await page.getByRole("main").dispatchEvent("drop", { dataTransfer: files });
  for (const name of ["apples", "pears", "plums"]) {
    const card = page.getByRole("article", { name: new RegExp(`^${name}\\.csv`) }).first();
    await card.getByText("Completed", { exact: true }).waitFor({ timeout: 60_000 });
  }
  expect(complaints.thrown).toEqual([]);
});

test("an import under way is cancelled from its card", async () => {
  // Slow enough to be stopped in the middle.
  const slow = `${stage.service.origin}/demo/imports?sample=epss-2022-04-17.csv&pace=1`;
  const answer = await fetch(slow, { method: "POST" });
  const { job } = (await answer.json()) as { job: string };
  const { page: open } = await stage.room();
  const page = await open(stage.address("project=demo&view=imports"));
  const card = page.getByRole("article").filter({ has: page.locator(`a[href*="${job}"]`) });
  // Others end beside it all the time, and the card may move away before the pointer comes to rest on it.
  const yes = card.getByRole("button", { name: "Yes" });
  while (!(await yes.isVisible())) await card.getByRole("button", { name: /^Cancel/ }).click();
  await yes.click();
  await card.getByText("Cancelled", { exact: true }).waitFor({ timeout: 60_000 });
});
