// `@milepost/client/element`: importing it makes `<milepost-progress job="…" project="…" url="…">` known to the page.

import type { ClientOptions, ProgressClient } from "./client.ts";

export { defineProgressElement, type ProgressElement } from "./element/define.ts";
export { registerToken, type TokenFunction } from "./element/shared.ts";
export type { ClientOptions, ProgressClient };
