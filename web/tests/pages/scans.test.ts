// The view of the scans, on the demonstration as it is.

import { expect, test } from "vitest";
import { useStage } from "../support/stage.ts";

const stage = useStage({ command: "demo", args: ["--pace", "20"] });
const TITLES = ["Ethereum EIPs", "Ethereum ERCs", "EIPs checkout, some files damaged"];

test("a repository is scanned: its phases, findings with severity, and the result", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address("project=demo&view=scans"));
  const card = page.getByRole("listitem", { name: TITLES[0] ?? "" });
  // The demonstration may be at it by itself.
  const button = card.getByRole("button", { name: /^Scan now/ });
  await button.and(page.locator(":not([aria-disabled=true])")).waitFor({ timeout: 60_000 });
  await button.click();
  await card.getByRole("button", { name: /^Scanning/, disabled: true }).waitFor();
  await card.getByRole("progressbar").waitFor();
  for (const phase of ["Discovery", "Fetch", "Parse", "Validate", "Persist"]) {
    await card.getByRole("list", { name: "Phases" }).getByText(phase, { exact: true }).waitFor();
  }
  await button.waitFor({ timeout: 60_000 });
  await card.getByText("Completed", { exact: true }).waitFor();
  await card.locator("[data-severity=major] dd").first().waitFor();
  await card.getByText("Files with the most findings").click();
  await card.getByRole("cell", { name: /^(EIPS\/)?eip-\d+\.md$/ }).first().waitFor();
  expect(complaints.thrown).toEqual([]);
});

test("damaged files are told with their place, as they come", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address("project=demo&view=scans"));
  const card = page.getByRole("listitem", { name: TITLES[2] ?? "" });
  const findings = card.getByRole("list", { name: "Newest findings" });
  const told = findings.getByRole("listitem").filter({ hasText: /^(critical|major|minor)/ });
  await told.filter({ hasText: /eip-\d+\.md:\d+$/ }).first().waitFor({ timeout: 120_000 });
  expect(complaints.thrown).toEqual([]);
});

test("several repositories are chosen and scanned at once, and then all", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address("project=demo&view=scans"));
  for (const title of TITLES.slice(0, 2)) await page.getByRole("checkbox", { name: `Select ${title}` }).check();
  const started = page.waitForRequest((request) => request.url().includes("/demo/scans?"));
  await page.getByRole("button", { name: "Scan 2 selected" }).click();
  await started;
  for (const title of TITLES.slice(0, 2)) await page.getByRole("checkbox", { name: `Select ${title}` }).uncheck();
  const all = page.getByRole("button", { name: "Scan all" }).and(page.locator(":not([aria-disabled=true])"));
  await all.waitFor({ timeout: 60_000 });
  const asked = page.waitForResponse((response) => response.url().includes("/demo/scans?"));
  await all.click();
  expect((await asked).status()).toBe(202);
  expect(complaints.thrown).toEqual([]);
});
