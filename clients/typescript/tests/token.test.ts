// Credentials: a token that ends in mid-job is asked for anew, one that is refused costs the job nothing.

import { afterAll, beforeAll, expect, test } from "vitest";
import { Stage, until } from "./support/stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open({ secret: "0123456789abcdef0123456789abcdef" });
  Object.assign(stage, { other: Object.assign(stage.other, { token: stage.service.token() }) });
});
afterAll(() => stage.close());

test("a token that ends is renewed, and the job goes on", async () => {
  let asked = 0;
  const token = async (): Promise<string> => stage.service.token(asked++ === 0 ? "2s" : "1h", "create,report");
  const reporter = stage.reporter({ token });
  const job = reporter.job({ kind: "scan", id: "renewed" });
  const timer = setInterval(() => job.inc(), 10);
  await until(() => asked === 2);
  clearInterval(timer);
  expect(await job.complete()).toBe(true);
  expect(await stage.ended("renewed")).toMatchObject({ status: "completed", attempt: 1 });
  expect(new Set(stage.tap.seen.map(({ authorization }) => authorization)).size).toBe(2);
  expect(stage.tap.seen.some(({ status }) => status === 401)).toBe(true);
  expect(stage.log).toEqual([]);
});

test("an app that cannot give a token yet is asked again", async () => {
  let asked = 0;
  const token = (): string => {
    if (asked++ < 2) throw new Error("the vault is sealed");
    return stage.service.token();
  };
  const job = stage.reporter({ token }).job({ kind: "scan", id: "sealed" });
  expect(await job.complete()).toBe(true);
  expect(stage.log.join()).toMatch(/the vault is sealed.*the service answers again/);
});

test("a token that is good for something else refuses the job, which works all the same", async () => {
  stage.log.length = 0;
  const reporter = stage.reporter({ token: stage.service.token("1h", "watch") });
  expect(await reporter.run({ kind: "scan", id: "watcher" }, (job) => job.known(30_000))).toBe(false);
  expect(stage.log).toHaveLength(1);
  expect(stage.log[0]).toMatch(/its creation was refused: /);
});

test("a wrong token is tried on, in case it is made right, and said once", async () => {
  stage.log.length = stage.tap.seen.length = 0;
  const reporter = stage.reporter({ token: "nonsense" });
  const job = reporter.job({ kind: "scan", id: "wrong" });
  await until(() => stage.tap.seen.length >= 3);
  expect(stage.log).toHaveLength(1);
  expect(stage.log[0]).toMatch(/401/);
  void job.complete();
  expect(await reporter.close(100)).toBe(false);
});
