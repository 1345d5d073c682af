// The way in: a client, and who holds its connection.

import { assemble } from "./assemble.ts";
import { createBearer } from "./bearer.ts";
import type { ClientOptions, ProgressClient } from "./client.ts";
import type { Host } from "./port.ts";

const nobody: Host = { attach: () => ({ send() {}, close() {} }) };

/** Watches the jobs of one project. Nothing is opened before something is watched. */
export function createProgressClient(options: ClientOptions): ProgressClient {
  return assemble(options, nobody, createBearer(options.token));
}
