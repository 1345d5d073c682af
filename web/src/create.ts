// The way in: a client, and who holds its connection.

import { assemble } from "./assemble.ts";
import { createTokenSource } from "./token-source.ts";
import type { ClientOptions, ProgressClient } from "./client.ts";
import type { Host } from "./port.ts";
import { createLate } from "./share/late.ts";
import { createShared } from "./share/share.ts";

/** What every page logs itself. */
const SEEN_HERE: readonly unknown[] = ["frame", "connection"];

/** Watches the jobs of one project. Nothing is opened before something is watched. */
export function createProgressClient(options: ClientOptions): ProgressClient {
  const tokens = createTokenSource(options.token);
  const { url, project, transports } = options;
  const debug = options.debug === true ? console.debug : options.debug;
  function rest(what: unknown, ...more: readonly unknown[]): void {
    if (debug && !SEEN_HERE.includes(what)) debug("milepost", what, ...more);
  }
  // Only where the connection is held is the code loaded that holds it.
  const engine = (token: () => Promise<string | null>): Host =>
    createLate(async () => {
      const { createEngine } = await import("./engine.ts");
      return createEngine({ url, project, transports, token, debug: rest });
    });
  return assemble(options, createShared(options, tokens, engine), tokens);
}
