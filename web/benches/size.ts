// How much JavaScript the dashboard brings: every script that is built into the binary, compressed.

import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** Bytes after gzip, of each script below `web/dist`. */
export function scripts(): { name: string; bytes: number }[] {
  const folder = new URL("../dist/", import.meta.url);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .map((name) => ({ name, bytes: gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length }));
}
