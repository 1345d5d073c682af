// The way in: a client, and who holds its connection.

import { assemble } from "./assemble.ts";
import { createBearer } from "./bearer.ts";
import type { ClientOptions, ProgressClient } from "./client.ts";
import type { Host } from "./port.ts";
import { createLate } from "./share/late.ts";
import { createShared } from "./share/share.ts";

/** What every page logs itself. */
const SEEN_HERE: readonly unknown[] = ["frame", "connection"];

/** Watches the jobs of one project. Nothing is opened before something is watched. */
export function createProgressClient(options: ClientOptions): ProgressClient {
  const bearer = createBearer(options.token);
  const { url, project, transports } = options;
  const debug = options.debug === true ? console.debug : options.debug;
  const rest = debug && ((what: unknown, ...more: unknown[]) => SEEN_HERE.includes(what) || debug("milepost", what, ...more));
  // Only where the connection is held is the code loaded that holds it.
  const engine = (token: () => Promise<string | null>): Host =>
    createLate(async () => (await import("./engine.ts")).createEngine({ url, project, transports, token, debug: rest || undefined }));
  return assemble(options, createShared(options, bearer, engine), bearer);
}
