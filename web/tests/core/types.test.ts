// What the types promise: `result` and `metadata` are what the app says they are, from one end to the other.

import { expectTypeOf, it } from "vitest";
import type { JobEvent, JobSnapshot, JobsSnapshot, ProgressClient, Store } from "../../src/client.ts";
import { createProgressClient } from "../../src/create.ts";
import type { Job, JsonObject } from "../../src/job.ts";

interface Scan {
  readonly findings: number;
}
interface Source {
  readonly branch: string;
}

it("is a client for what it is given", () => {
  expectTypeOf(createProgressClient).returns.toEqualTypeOf<ProgressClient>();
  expectTypeOf(createProgressClient).parameter(0).toHaveProperty("token").toEqualTypeOf<(() => Promise<string | null>) | undefined>();
  const client = createProgressClient({ url: "", project: "acme" });

  expectTypeOf(client.get<Scan, Source>).returns.resolves.toEqualTypeOf<Job<Scan, Source>>();
  expectTypeOf(() => client.get("a")).returns.resolves.toEqualTypeOf<Job<JsonObject, JsonObject>>();
  expectTypeOf(client.wait<Scan>).returns.resolves.toHaveProperty("result").toEqualTypeOf<Scan | null>();
  expectTypeOf(client.job<Scan, Source>).returns.toEqualTypeOf<Store<JobSnapshot<Scan, Source>>>();
  expectTypeOf(client.jobs<Scan, Source>).returns.toEqualTypeOf<Store<JobsSnapshot<Scan, Source>>>();
  expectTypeOf(client.watch<Scan, Source>).returns.toExtend<AsyncIterable<Job<Scan, Source>>>();
  expectTypeOf(client.on<Scan, Source>).parameter(1).parameter(0).toEqualTypeOf<JobEvent<Scan, Source>>();
  client.on<Scan>("scan:completed", (event) => expectTypeOf(event.job.result).toEqualTypeOf<Scan | null>());
  client.watch<Scan, Source>("a", { onSettled: (job) => expectTypeOf(job.metadata.branch).toEqualTypeOf<string>() }).stop();
  client.close();
});

it("a snapshot that is ready has a job, and one that is refused an error", () => {
  type Ready = Extract<JobSnapshot, { state: "ready" }>;
  type Refused = Extract<JobSnapshot, { state: "refused" }>;
  expectTypeOf<Ready["job"]>().toEqualTypeOf<Job>();
  expectTypeOf<Refused["error"]>().not.toBeNullable();
});
