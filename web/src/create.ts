// The way in: a client, and who holds its connection.

import { assemble } from "./assemble.ts";
import { createBearer } from "./bearer.ts";
import type { ClientOptions, ProgressClient } from "./client.ts";
import { createEngine } from "./engine.ts";
import { createShared } from "./share/share.ts";

/** Watches the jobs of one project. Nothing is opened before something is watched. */
export function createProgressClient(options: ClientOptions): ProgressClient {
  const bearer = createBearer(options.token);
  const { url, project, transports } = options;
  const host = createShared(options, bearer, (token) => createEngine({ url, project, transports, token }));
  return assemble(options, host, bearer);
}
