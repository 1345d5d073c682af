// Chromium under Playwright: found under its usual names, with pages whose errors are kept to be looked at.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** What went wrong in the pages of a context: lines of the console, and exceptions that nobody caught. */
export interface Complaints {
  readonly console: string[];
  readonly thrown: string[];
}

export interface Room {
  readonly context: BrowserContext;
  readonly complaints: Complaints;
  page(address: string): Promise<Page>;
}

export function launch(args: readonly string[] = []): Promise<Browser> {
  // As root there is no sandbox to be had; small machines have little shared memory.
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: find(), args: [...root, "--disable-dev-shm-usage", ...args] });
}

/** A browser profile of its own: nothing kept from before, nothing shared with others. */
export async function room(browser: Browser, options: BrowserContextOptions = {}): Promise<Room> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  context.setDefaultTimeout(20_000);
  const complaints: Complaints = { console: [], thrown: [] };
  context.on("console", (line) => { if (line.type() === "error") complaints.console.push(line.text()); });
  context.on("weberror", (error) => complaints.thrown.push(error.error().stack ?? error.error().message));
  return {
    context,
    complaints,
    async page(address) {
      const page = await context.newPage();
      await page.goto(address);
      return page;
    },
  };
}

function find(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error("no Chromium found: sudo apt-get install --no-install-recommends chromium");
  return found;
}
