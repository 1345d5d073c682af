// Without a server nothing is said and nothing is different; and where the settings come from.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { Failure, Reporter } from "../src/index.ts";
import { Stage } from "./support/stage.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("every call works without a server, and no request is made", async () => {
  vi.stubEnv("MILEPOST_URL", undefined);
  const fetched = vi.spyOn(globalThis, "fetch");
  const reporter = Reporter.fromEnv();
  const seen: number[] = [];
  const result = await reporter.run({ kind: "scan", phases: ["one"] }, async (job) => {
    using one = job.phase("one", { total: 3, unit: "rows" });
    for (const row of one.track([1, 2, 3])) seen.push(row);
    job.counter("rows").set(3);
    job.message("…");
    job.metadata({ a: 1 });
    job.notice("info", "note", "for nobody");
    job.retrying(new Failure("again", "once more"));
    job.again();
    expect(await job.child({ kind: "scan:part" }).complete()).toBe(true);
    expect(await job.known(1)).toBe(false);
    await job.yield();
    return seen;
  });
  expect(result).toEqual([1, 2, 3]);
  await expect(Reporter.off().run({ kind: "scan" }, () => { throw new Error("thrown on"); })).rejects.toThrow("thrown on");
  expect(await reporter.flush(1)).toBe(true);
  expect(await reporter.close(1)).toBe(true);
  expect(fetched).not.toHaveBeenCalled();
});

test("a server without a project is silence, which is said", () => {
  const log: string[] = [];
  new Reporter({ url: "http://127.0.0.1:1", log: (line) => log.push(line) });
  expect(log).toEqual([expect.stringMatching(/no project was named. Set MILEPOST_PROJECT/)]);
});

test("the environment says where to report, and as whom", async () => {
  const stage = await Stage.open({ secret: "0123456789abcdef0123456789abcdef" });
  const folder = mkdtempSync(join(tmpdir(), "milepost-token-"));
  try {
    const file = join(folder, "token");
    writeFileSync(file, `${stage.service.token()}\n`);
    vi.stubEnv("MILEPOST_URL", `${stage.tap.origin}/`);
    vi.stubEnv("MILEPOST_PROJECT", "acme");
    vi.stubEnv("MILEPOST_TOKEN_FILE", file);
    await using reporter = Reporter.fromEnv();
    expect(await reporter.job({ kind: "scan" }).complete()).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
    await stage.close();
  }
});
