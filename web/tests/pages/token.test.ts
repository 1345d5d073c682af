// Where the service wants credentials, the page asks for a token once, asks again when it has expired, and goes on with
// what it showed. The token is in no address and in no line of the console.

import { expect, test } from "vitest";
import { isSamePage, row, showsPercent, sign, stamp } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

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
  const form = page.getByRole("main").getByRole("region", { name: "This service asks for a token" });
  await form.waitFor();
  const give = async (token: string) => {
    await page.getByLabel("Token", { exact: true }).fill(token);
    await page.getByRole("button", { name: "Connect" }).click();
  };
  await give("no token at all");
  await page.getByRole("alert").filter({ hasText: "not a token" }).waitFor();
  await give(stage.service.token("1h", "watch", "other"));
  await page.getByRole("alert").filter({ hasText: "not for the project acme" }).waitFor();

  const short = stage.service.token("10s");
  await give(short);
  await form.waitFor({ state: "hidden" });
  await stage.worker.report("guarded", { type: "progress", current: 20 });
  await showsPercent(page, "guarded", 20);
  await sign(page, "Live").waitFor();
  await stamp(page);

  const dialog = page.getByRole("dialog", { name: "Another token is needed" });
  await dialog.waitFor({ timeout: 30_000 });
  await stage.worker.report("guarded", { type: "progress", current: 60 });
  // What was seen is still there, behind the form.
  await row(page, "guarded").waitFor();
  const long = stage.service.token("1h");
  await give(long);
  await dialog.waitFor({ state: "hidden" });
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
