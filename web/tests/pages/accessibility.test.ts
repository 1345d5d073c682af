// What axe finds: nothing serious, in any view, in either theme.

import axe from "axe-core";
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { bar } from "../support/screen.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage({ command: "demo", args: ["--pace", "5"] });

/** What is serious or worse, each with the places it was found at. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} (${node.failureSummary})`));
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}

test.for(["light", "dark"] as const)("no view has serious findings (%s)", async (colorScheme) => {
  const idOf = (name: string) => `axe-${name}-${colorScheme}`;
  const [running, failed, cancelling] = [idOf("running"), idOf("failed"), idOf("cancelling")];
  const phases = [{ name: "fetch" }, { name: "parse", weight: 8, total: 10 }];
  for (const id of [running, failed, cancelling]) {
    await stage.worker.start(id, { phases, owner: "u-17", subject: "feed-123", metadata: { source: "main" } });
    await stage.worker.report(id, { type: "phase", name: "fetch" }, { type: "phase", name: "parse", total: 10 },
      { type: "progress", current: 4, counters: { critical: 2, added: 40 } },
      { type: "notice", level: "warning", code: "bad_rule", message: "line 88: unknown field" });
  }
  const error = { code: "disk_full", message: "no space left", retryable: true, details: { free: 0 } };
  await stage.worker.report(failed, { type: "failed", error });
  await stage.worker.cancel(cancelling);

  const { context, complaints } = await stage.room({ colorScheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  const found: string[] = [];
  const look = async (view: string) => found.push(...(await findings(page)).map((text) => `${view}: ${text}`));
  const views = [
    "", "layout=cards", `job=${running}`, `job=${failed}`, `job=${cancelling}`, "job=none", "q=nothing-matches",
    "view=notifications", "project=demo&view=feeds", "project=demo&view=imports", "project=demo&view=ingestions",
  ];
  for (const view of views) {
    await page.goto(stage.address(view));
    await page.getByRole("main").getByRole("heading").first().waitFor();
    if (["", "layout=cards", `job=${running}`].includes(view)) await bar(page, running).first().waitFor();
    await look(view || "list");
  }
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await look("help");
  expect(found).toEqual([]);
  expect(complaints.thrown).toEqual([]);
});
