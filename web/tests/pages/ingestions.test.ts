// The view of the ingestions: a connection that is lost midway and what is seen of it, and the search over what came in.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { useStage } from "../support/stage.ts";

const stage = useStage({ command: "demo", args: ["--pace", "4"] });
const INGESTIONS = "project=demo&view=ingestions";
/** The demonstration may be at it by itself. */
const SLOW = { timeout: 60_000 };

const card = (page: Page, name: RegExp) => page.getByRole("listitem", { name });

async function ingest(page: Page, name: RegExp): Promise<void> {
  const button = card(page, name).getByRole("button", { name: /^Ingest/ });
  await button.and(page.locator(":not([aria-disabled=true])")).click(SLOW);
}

test("a connection is lost midway: what went wrong is said, the next attempt goes on and brings it to its end", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address(INGESTIONS));
  const lost = card(page, /the database lost midway/);
  await ingest(page, /the database lost midway/);
  await lost.getByRole("progressbar").waitFor(SLOW);
  await lost.getByText("Attempt 1 of 5 failed, will be tried again").waitFor(SLOW);
  await lost.getByText("database: terminating connection due to administrator command").waitFor();
  await lost.getByText("Attempt 2 of 5, goes on where the last one got").waitFor(SLOW);
  await lost.getByText("Attempt 2 of 5 brought it to its end").waitFor(SLOW);
  await lost.locator(".feed-outcome").getByText("completed").waitFor();
  const phases = lost.getByRole("list", { name: "Phases" }).getByRole("listitem");
  await expect.poll(() => phases.filter({ hasText: "completed" }).count(), SLOW).toBe(4);
  const counts = lost.locator(".feed-counts > div");
  await expect.poll(() => counts.filter({ hasText: "documents" }).locator("dd").innerText(), SLOW).toBe("10");
  const chunks = await counts.filter({ hasText: "chunks" }).locator("dd").innerText();
  expect(Number(chunks)).toBeGreaterThan(100);
  expect(complaints.thrown).toEqual([]);
});

test("what is refused and what is nearly the same is counted, and told in the job", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address(INGESTIONS));
  const inbox = card(page, /A shared folder/);
  await ingest(page, /A shared folder/);
  await inbox.locator(".feed-outcome").getByText("completed").waitFor(SLOW);
  const refused = inbox.locator(".feed-counts > div").filter({ hasText: "refused" }).locator("dd");
  await expect.poll(() => refused.innerText(), SLOW).toBe("2");
  await inbox.locator(".feed-line").getByRole("link").click();
  await page.getByText(/archive\.txt: it is no text/).first().waitFor();
  await page.getByText(/the file may be cut off/).first().waitFor();
  expect(complaints.thrown).toEqual([]);
});

test("what was ingested is found, with what was searched for marked; whatever is typed is a search", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address(INGESTIONS));
  for (const name of [/Books/, /RFCs on the DNS/]) {
    await card(page, name).locator(".feed-outcome").or(card(page, name).getByText("Never ingested yet."))
      .or(card(page, name).getByRole("progressbar")).first().waitFor(SLOW);
    await ingest(page, name);
    await card(page, name).locator(".feed-outcome").getByText("completed").waitFor(SLOW);
  }
  const box = page.getByRole("searchbox", { name: "Search the documents" });
  const hits = page.getByRole("list", { name: "Documents found" }).getByRole("listitem");
  await box.fill("\"down the rabbit-hole\"");
  await expect.poll(() => hits.count(), SLOW).toBe(1);
  await hits.getByText("Nearly the same:").waitFor();
  await hits.locator("mark").filter({ hasText: "Rabbit" }).first().waitFor();
  await page.getByRole("status").filter({ hasText: /^1 document$/ }).waitFor();

  // Text with angle brackets is shown as text.
  await box.fill("domain name string");
  await hits.first().waitFor();
  await expect.poll(() => hits.locator(".hit-snippet").first().innerText()).toMatch(/\w/);
  expect(await page.locator(".hit :is(script, img, iframe)").count()).toBe(0);

  for (const query of ["\"(&|!:*", "<img src=x onerror=alert(1)>", "xyzzyx"]) {
    await box.fill(query);
    await page.getByRole("status").filter({ hasText: `Nothing about ${query}` }).waitFor();
  }
  await box.fill("");
  await page.getByRole("button", { name: "trust anchor" }).click();
  await expect.poll(() => box.inputValue()).toBe("trust anchor");
  expect(complaints.thrown).toEqual([]);
  expect(complaints.console).toEqual([]);
});

test("an ingestion is cancelled from its card", async () => {
  // Slow enough to be stopped in the middle, whatever the demonstration does beside it.
  const slow = `${stage.service.origin}/demo/ingestions?collection=dns&pace=0.2`;
  const { job } = (await (await fetch(slow, { method: "POST" })).json()) as { job: string };
  const { page: open } = await stage.room();
  const page = await open(stage.address(INGESTIONS));
  const one = card(page, /RFCs on the DNS/);
  await one.locator(`a[href*="${job}"]`).waitFor(SLOW);
  await one.getByRole("button", { name: /^Cancel/ }).click();
  await one.getByRole("button", { name: "Yes" }).click();
  const state = async () => {
    const answer = await fetch(`${stage.service.origin}/v1/projects/demo/jobs/${job}`);
    return ((await answer.json()) as { data: { status: string } }).data.status;
  };
  await expect.poll(state, SLOW).toBe("cancelled");
});
