// The page at /docs: everything that both documents have is on it, it is found by filter and by address, it needs nothing
// from elsewhere and nothing of the dashboard, and holds on a phone and without a mouse.

import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { findings } from "../support/findings.ts";
import { useStage } from "../support/stage.ts";

const stage = useStage();
const address = (rest = ""): string => `${stage.proxy.origin}/docs${rest}`;

interface Documents {
  readonly operations: readonly string[];
  readonly messages: readonly string[];
  readonly schemas: readonly string[];
}

async function documents(): Promise<Documents> {
  const get = async (path: string) => (await fetch(stage.service.origin + path)).json() as Promise<any>;
  const [http, streams] = [await get("/openapi.json"), await get("/asyncapi.json")];
  const operations = Object.values<any>(http.paths).flatMap((methods) => Object.values<any>(methods).map((one) => one.operationId));
  const messages = Object.entries<any>(streams.channels).flatMap(([key, channel]) => Object.keys(channel.messages).map((name) => `${key}-${name}`));
  const schemas = [...new Set([http, streams].flatMap(({ components }) => Object.keys(components.schemas)))];
  return { operations, messages, schemas };
}

async function opened(page: Page, rest = ""): Promise<void> {
  await page.goto(address(rest));
  await page.locator(".article").first().waitFor();
}

/** Draws everything there is. */
async function openAll(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
  await expect.poll(() => page.locator(".article:not(:has(.body))").count()).toBe(0);
  await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
}

test("has every operation, message and schema, and every link leads somewhere", async () => {
  const { context, complaints } = await stage.room();
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await opened(page);
  const { operations, messages, schemas } = await documents();
  expect(operations.length + messages.length).toBeGreaterThan(45);
  for (const id of [...operations, ...messages, ...schemas.map((name) => `schema-${name}`)]) {
    expect(await page.evaluate((id) => document.getElementById(id)?.className, id), id).toBe("article");
  }
  await openAll(page);
  const astray = await page.evaluate(() => [...document.querySelectorAll('a[href^="#"]')]
    .map((link) => link.getAttribute("href")?.slice(1) ?? "").filter((id) => !document.getElementById(id)));
  expect(astray).toEqual([]);
  for (const url of asked) expect(url.startsWith(stage.proxy.origin), url).toBe(true);
  expect(asked.filter((url) => /assets\/(index|engine|worker)/.test(url))).toEqual([]);
  expect(complaints).toEqual({ console: [], thrown: [] });
});

test("the line of an operation speaks to this very service, and is copied", async () => {
  const { context } = await stage.room({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  await opened(page, "#putJob");
  const article = page.locator("#putJob");
  await article.getByRole("button", { name: "Copy the line" }).first().click();
  await article.getByText("Copied").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(`curl -X PUT '${stage.proxy.origin}/v1/projects/acme/jobs/import-1'`);
});

test("is found by keys alone", async () => {
  const { context } = await stage.room();
  const page = await context.newPage();
  await opened(page);
  await page.keyboard.press("/");
  await page.keyboard.type("subscribe");
  await page.getByText(/^\d+ of \d+ shown\.$/).waitFor();
  expect(await page.locator("section:visible > h2").allTextContents()).toEqual(["WebSocket", "Schemas"]);
  await page.keyboard.press("Tab");
  for (let presses = 0; presses < 40; presses++) {
    if (await page.evaluate(() => document.activeElement?.parentElement?.id === "socket-subscribe")) break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await page.locator("#socket-subscribe").getByText("Answered by").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator(".article[hidden]").count()).toBe(0);
});

test("on a phone nothing is wider than the screen", async () => {
  const { context } = await stage.room({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  const page = await context.newPage();
  await opened(page);
  await openAll(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

test.for(["light", "dark"] as const)("has no serious findings (%s)", async (colorScheme) => {
  const { context } = await stage.room({ colorScheme });
  const page = await context.newPage();
  await opened(page, "#putJob");
  for (const id of ["reportOnJob", "socket-frame", "socket-endings", "events-end", "schema-Problem"]) {
    await page.locator(`#${id} > summary`).click();
  }
  expect(await findings(page)).toEqual([]);
});

test("says what is wrong where the documents cannot be read", async () => {
  const { context } = await stage.room();
  const page = await context.newPage();
  await page.route("**/asyncapi.json", (route) => route.fulfill({ status: 503, body: "" }));
  await page.goto(address());
  await page.getByRole("alert").getByText("/asyncapi.json was answered 503").waitFor();
});
