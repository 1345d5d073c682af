// Where to report to, as the surroundings say it. Node, Deno and Bun have `process`; a browser has none, and no
// settings from there.

import type { Token } from "./http.ts";

interface Target {
  readonly url?: string;
  readonly project?: string;
  readonly token?: Token;
}

/** `MILEPOST_URL` (or `MILEPOST_SERVER`), `MILEPOST_PROJECT`, `MILEPOST_TOKEN` or `MILEPOST_TOKEN_FILE`, which is read anew when a token ends. */
export function fromEnvironment(): Target {
  const env = globalThis.process?.env ?? {};
  const { MILEPOST_SERVER: server, MILEPOST_URL: url = server, MILEPOST_PROJECT: project } = env;
  const { MILEPOST_TOKEN: token, MILEPOST_TOKEN_FILE: file } = env;
  return {
    ...(url && { url }),
    ...(project && { project }),
    ...(token ? { token } : file && { token: () => read(file) }),
  };
}

function read(file: string): string {
  // Not an import, which bundlers for browsers would stumble over.
  const fs = globalThis.process.getBuiltinModule?.("node:fs");
  if (!fs) throw new Error("MILEPOST_TOKEN_FILE cannot be read in this runtime: set MILEPOST_TOKEN");
  return fs.readFileSync(file, "utf8").trim();
}
