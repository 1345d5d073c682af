// `@milepost/client`: watching jobs without any framework.

export type * from "./client.ts";
export type * from "./connection.ts";
export type * from "./job.ts";
export { createProgressClient } from "./create.ts";
export { isTerminal } from "./job.ts";
export { Problem } from "./problem.ts";
