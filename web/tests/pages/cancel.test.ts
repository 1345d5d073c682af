// Cancelling takes two steps, and the page tells the truth about what came of it.

import { expect, test } from "vitest";
import { useStage } from "../support/stage.ts";

const stage = useStage();

test("a job is cancelled in two steps, and its worker takes its time", async () => {
  await stage.worker.start("stop-1", { title: "Long import" });
  const { page: open, complaints } = await stage.room();
  const page = await open(stage.address("job=stop-1"));
  const first = page.getByRole("button", { name: "Cancel Long import" });
  const question = page.getByRole("group", { name: "Cancel Long import?" });

  await first.click();
  await question.getByRole("button", { name: "No" }).click();
  await first.waitFor();
  expect((await stage.worker.get("stop-1")).data.status).toBe("running");

  await first.click();
  await question.getByRole("button", { name: "Yes" }).click();
  await page.getByRole("main").getByText("Cancelling…").waitFor();
  expect((await stage.worker.get("stop-1")).data.status).toBe("cancelling");
  await page.getByRole("main").getByText("Worker has not answered").waitFor({ timeout: 20_000 });

  await stage.worker.report("stop-1", { type: "cancelled", message: "stopped between two rows" });
  await page.getByRole("main").getByText("Cancelled", { exact: true }).first().waitFor();
  await first.waitFor({ state: "hidden" });
  await question.waitFor({ state: "hidden" });
  expect(complaints.thrown).toEqual([]);
});

test("a job that nobody has started is cancelled at once", async () => {
  await stage.worker.create("stop-2", { title: "Waiting import" });
  const { page: open } = await stage.room();
  const page = await open(stage.address("job=stop-2"));
  await page.getByRole("button", { name: "Cancel Waiting import" }).click();
  await page.getByRole("button", { name: "Yes" }).click();
  await page.getByRole("main").getByText("Cancelled", { exact: true }).first().waitFor();
});
