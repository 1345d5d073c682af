// Where the service wants credentials, the page asks for a token once, asks again when it has expired, and goes on with
// what it showed. The token is in no address and in no line of the console.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { findings } from "../support/findings.ts";
import { isSamePage, row, showsPercent, sign, stamp } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";
import { Worker } from "../support/worker.ts";

/** Gives the form that asks for a token this one. */
async function give(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Connect" }).click();
}

const form = (page: Page) => page.getByRole("main").getByRole("region", { name: "This service asks for a token" });
const dialog = (page: Page) => page.getByRole("dialog", { name: "Another token is needed" });

const stage = useStage({ secret: "q3Zt0cUo9Jx2mVb7LwYk5RhNs8Td1Ea4" });

test("a token is asked for, expires, is asked for again, and the view goes on", async () => {
  await stage.worker.start("guarded", { total: 100 });
  const { context, complaints } = await stage.room();
  const said: string[] = [];
  const addresses: string[] = [];
  context.on("console", (line) => said.push(line.text()));
  context.on("request", (request) => addresses.push(request.url()));
  const page = await context.newPage();
  await page.goto(stage.address());
  await form(page).waitFor();
  expect(await findings(page)).toEqual([]);
  await give(page, "no token at all");
  await page.getByRole("alert").filter({ hasText: "not a token" }).waitFor();
  await give(page, stage.service.token("1h", "watch", "other"));
  await page.getByRole("alert").filter({ hasText: "not for the project acme" }).waitFor();

  const short = stage.service.token("10s");
  await give(page, short);
  await form(page).waitFor({ state: "hidden" });
  await stage.worker.report("guarded", { type: "progress", current: 20 });
  await showsPercent(page, "guarded", 20);
  await sign(page, "Live").waitFor();
  await stamp(page);

  await dialog(page).waitFor({ timeout: 30_000 });
  expect(await findings(page)).toEqual([]);
  await stage.worker.report("guarded", { type: "progress", current: 60 });
  // What was seen is still there, behind the form.
  await row(page, "guarded").waitFor();
  const long = stage.service.token("1h");
  await give(page, long);
  await dialog(page).waitFor({ state: "hidden" });
  await showsPercent(page, "guarded", 60);
  await sign(page, "Live").waitFor();
  expect(await isSamePage(page)).toBe(true);

  await page.reload();
  await showsPercent(page, "guarded", 60);
  for (const token of [short, long]) {
    expect([...addresses, ...said].filter((text) => text.includes(token))).toEqual([]);
  }
  expect(complaints.thrown).toEqual([]);
});

test("the secret behind the tokens is changed: the page asks for another, and goes on with it", async () => {
  await stage.worker.start("rekeyed", { total: 100 });
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address());
  await give(page, stage.service.token());
  await stage.worker.report("rekeyed", { type: "progress", current: 30 });
  await showsPercent(page, "rekeyed", 30);
  await stage.service.rekey("Wn5fT8yBq1Lz0Xc4Dv7KmGh2Rp9Js6Ue");
  await dialog(page).waitFor({ timeout: 30_000 });
  const token = stage.service.token();
  const worker = new Worker(stage.service.origin, "acme", token);
  await worker.report("rekeyed", { type: "progress", current: 70 });
  await give(page, token);
  await showsPercent(page, "rekeyed", 70);
  await sign(page, "Live").waitFor();
  expect(complaints.thrown).toEqual([]);
});

test("a token that is forgotten is nowhere in the browser, and is asked for again", async () => {
  const { page: open } = await stage.room();
  const page = await open(stage.address());
  const token = stage.service.token();
  await give(page, token);
  await sign(page, "Live").waitFor();
  await page.getByRole("button", { name: "Forget the token" }).click();
  await form(page).waitFor();
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(kept).not.toContain(token);
  await page.reload();
  await form(page).waitFor();
});
