// `@milepost/client/element`: importing it makes `<milepost-progress job="…" project="…" url="…">` known to the page.

import { createProgressClient } from "./create.ts";
import { defineProgressElement } from "./element/define.ts";

export type { ProgressElement } from "./element/define.ts";
export { registerToken, type TokenFunction } from "./element/shared.ts";

// Where pages are made without a browser there is nothing to define it in.
if (typeof customElements !== "undefined" && !customElements.get("milepost-progress")) {
  defineProgressElement(createProgressClient, "milepost-progress");
}
