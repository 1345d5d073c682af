// The view of the audits: one person's, with findings as they come.

import { expect, test } from "vitest";
import { useStage } from "../support/stage.ts";

const stage = useStage({ command: "demo", args: ["--pace", "8"] });
const AUDITS = "project=demo&view=audits";

test("an audit is started for a person, its findings come as they are found, and the end brings the last result", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address(AUDITS));
  // The demonstration by itself audits for the others.
  await page.getByRole("radio", { name: "Linus" }).check();
  const target = page.getByRole("listitem", { name: "ripgrep" });
  await target.getByText("Not audited yet.").waitFor();
  await page.getByText("Nothing was found yet.").waitFor();
  await target.getByRole("button", { name: /^Audit ripgrep/ }).click();
  const found = page.getByRole("region", { name: /^Findings/ }).getByRole("listitem");
  await found.first().waitFor();
  await target.getByText("completed").waitFor({ timeout: 60_000 });
  await expect.poll(() => found.count()).toBe(9);
  await found.filter({ hasText: "thread_local 0.3.5" }).getByText("patched in >= 1.1.4").waitFor();
  await target.getByText("9 new").waitFor();
  const tile = page.getByRole("list", { name: "Open findings" }).getByRole("listitem").filter({ hasText: "Vulnerabilities" });
  await tile.getByText("3", { exact: true }).waitFor();

  // The next lockfile of the same target: less is open, and what is gone is told.
  await target.getByRole("button", { name: /^Audit ripgrep/ }).click();
  await target.getByText("ripgrep of 18 June 2021").waitFor({ timeout: 60_000 });
  await expect.poll(() => found.filter({ hasText: /fixed/ }).count()).toBeGreaterThan(0);
  await page.getByRole("region", { name: "Lately" }).getByRole("listitem").nth(1).waitFor();
  expect(complaints.thrown).toEqual([]);
});

test("a person sees only their own audits, also after a reload", async () => {
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address(AUDITS));
  await page.getByRole("radio", { name: "Grace" }).check();
  const titles = page.getByRole("region", { name: "Lately" }).getByRole("link");
  await titles.first().waitFor({ timeout: 60_000 });
  for (const link of await titles.all()) {
    const job = new URL((await link.getAttribute("href")) ?? "", stage.service.origin).searchParams.get("job");
    const answer = await fetch(`${stage.service.origin}/v1/projects/demo/jobs/${job}`);
    const { data } = (await answer.json()) as { data: { owner: string } };
    expect(data.owner).toBe("grace");
  }
  await page.reload();
  await page.getByRole("radio", { name: "Grace", checked: true }).waitFor();
  expect(complaints.thrown).toEqual([]);
});

test("an audit under way is cancelled from its target", async () => {
  const { page: open } = await stage.room();
  const page = await open(stage.address(AUDITS));
  await page.getByRole("radio", { name: "Linus" }).check();
  const target = page.getByRole("listitem", { name: "rustup" });
  await target.getByRole("button", { name: /^Audit rustup/ }).click();
  await target.getByRole("button", { name: /^Cancel/ }).click();
  await target.getByRole("button", { name: "Yes" }).click();
  await target.getByText("cancelled").waitFor({ timeout: 60_000 });
});
