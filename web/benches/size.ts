// How much JavaScript the dashboard brings, compressed: what a browser loads that shares the connection by a worker,
// and what one loads that cannot.

import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { room } from "../tests/support/browser.ts";
import { Proxy } from "../tests/support/proxy.ts";

/** Bytes after gzip of each script that is loaded until jobs are shown. */
export async function scripts(browser: Browser, port: number, shared: boolean): Promise<Map<string, number>> {
  const proxy = await Proxy.start(port);
  const { context } = await room(browser);
  if (!shared) await context.addInitScript("delete window.SharedWorker");
  const page = await context.newPage();
  await page.goto(`${proxy.origin}/?project=acme`);
  await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
  await context.close();
  const sizes = new Map<string, number>();
  for (const path of [...proxy.paths].filter((path) => path.endsWith(".js"))) {
    const text = await (await fetch(`http://127.0.0.1:${port}${path}`)).arrayBuffer();
    sizes.set(path, gzipSync(text, { level: 9 }).length);
  }
  await proxy.close();
  return sizes;
}
