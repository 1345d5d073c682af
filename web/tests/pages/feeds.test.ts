// The view of the feeds, and that of the imports, on the demonstration as it is.

import { expect, test } from "vitest";
import { useStage } from "../support/stage.ts";

const stage = useStage({ command: "demo", args: ["--pace", "20"] });
const FEED = "SigmaHQ releases";

test("a sync is started from the page; its button is off while it runs; its end brings the last sync up to date", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address("project=demo&view=feeds"));
  const feed = page.getByRole("listitem", { name: FEED });
  // The demonstration may be at it by itself.
  const button = feed.getByRole("button", { name: `Sync ${FEED}`, exact: true });
  await button.and(page.locator(":not([aria-disabled=true])")).waitFor({ timeout: 60_000 });
  await button.click();
  const busy = feed.getByRole("button", { name: `Syncing ${FEED}`, disabled: true });
  await busy.waitFor();
  await feed.getByRole("progressbar").waitFor();
  await page.getByRole("region", { name: "Notifications" }).getByRole("article", { name: /: Completed$/ }).waitFor({ timeout: 60_000 });
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
  const { page: open } = await stage.room();
  const page = await open(stage.address("project=demo&view=imports"));
  await page.getByText("Or take a sample").click();
  await page.getByRole("button", { name: "epss-2022-04-17.csv" }).click();
  const card = page.getByRole("article", { name: "epss-2022-04-17.csv" }).filter({ hasText: "Running" }).first();
  await card.getByRole("button", { name: "Cancel epss-2022-04-17.csv" }).click();
  await card.getByRole("button", { name: "Yes" }).click();
  await page.getByRole("article", { name: "epss-2022-04-17.csv" }).filter({ hasText: "Cancelled" }).first().waitFor({ timeout: 60_000 });
});
