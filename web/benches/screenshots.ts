// The README's pictures, made anew from the real demonstration: npm run screenshots, which writes deploy/screenshots/.

import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { launch, room } from "../tests/support/browser.ts";
import { Proxy } from "../tests/support/proxy.ts";
import { Service } from "../tests/support/service.ts";

const FOLDER = new URL("../../deploy/screenshots/", import.meta.url).pathname;
const DESK = { viewport: { width: 1280, height: 860 } };
const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

interface Listed {
  readonly data: { readonly id: string; readonly notices: { readonly total: number }; readonly progress: { readonly percent: number | null } };
}

mkdirSync(FOLDER, { recursive: true });
const service = await Service.start({ command: "demo" });
const proxy = await Proxy.start(service.port);
const browser = await launch();
try {
  const dark = await room(browser, { ...DESK, colorScheme: "dark" });
  const light = await room(browser, { ...DESK, colorScheme: "light" });
  const phone = await room(browser, { ...PHONE, colorScheme: "light" });

  // There is something to show once some jobs have ended, and a sync has found something.
  const failed = await first("status=failed&kind=feed:sync", () => true);
  await first("status=completed&kind=csv:import", () => true);
  const running = await first("status=running&kind=feed:sync", ({ data }) =>
    data.notices.total > 0 && (data.progress.percent ?? 0) > 30 && (data.progress.percent ?? 100) < 60);

  await shoot(await light.page(address(`job=${running}`)), "running");
  await shoot(await light.page(address(`job=${failed}`)), "failed");
  await shoot(await light.page(address("")), "list");
  await shoot(await dark.page(address("")), "dark");
  await shoot(await phone.page(address("layout=cards")), "phone");

  const degraded = await light.page(address(""));
  await live(degraded);
  [proxy.websocket, proxy.events] = ["refuse", "refuse"];
  proxy.cut();
  await degraded.getByText("Degraded").first().waitFor({ timeout: 60_000 });
  await shoot(degraded, "degraded");
} finally {
  await browser.close();
  await proxy.close();
  await service.close();
}

function address(query: string): string {
  return `${proxy.origin}/?project=demo&${query}`;
}

/** The first job of a selection that is as it should be, as soon as there is one. */
async function first(selection: string, fits: (frame: Listed) => boolean): Promise<string> {
  for (;;) {
    const answer = await fetch(`${service.origin}/v1/projects/demo/progress?${selection}`);
    const { items } = await answer.json() as { items: readonly Listed[] };
    const found = items.find(fits);
    if (found) return found.data.id;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function live(page: Page): Promise<void> {
  await page.getByText("Live").first().waitFor();
  await page.getByRole("progressbar").first().waitFor();
}

async function shoot(page: Page, name: string): Promise<void> {
  if (name !== "degraded") await live(page);
  await page.locator(".tiles[aria-busy=true]").waitFor({ state: "detached" });
  await page.screenshot({ path: `${FOLDER}${name}.png` });
  process.stdout.write(`${name}.png\n`);
}
