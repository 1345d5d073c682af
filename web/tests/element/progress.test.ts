// @vitest-environment jsdom
// The custom element: what it shows and says, whom it shares a client with, and that it lets go of everything.

import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClientOptions } from "../../src/client.ts";
import { defineProgressElement, type ProgressElement } from "../../src/element/define.ts";
import { registerToken } from "../../src/element/shared.ts";
import { STYLE } from "../../src/element/style.ts";
import { expectAccessible } from "../support/axe.ts";
import { aJob, fakeClient, type FakeClient } from "../support/fake-client.ts";

interface Made {
  readonly options: ClientOptions;
  readonly client: FakeClient;
  closed: boolean;
}

let made: Made[] = [];
defineProgressElement((options) => {
  const client = fakeClient();
  const one: Made = { options, client, closed: false };
  client.close = () => (one.closed = true);
  made.push(one);
  return client;
}, "milepost-progress");

beforeEach(() => void (made = []));
afterEach(async () => {
  document.body.replaceChildren();
  await settle();
});

async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

async function put(html: string): Promise<ProgressElement[]> {
  document.body.innerHTML = html;
  await settle();
  return [...document.querySelectorAll<ProgressElement>("milepost-progress")];
}

const find = (element: Element | undefined, name: string) => element!.shadowRoot!.querySelector<HTMLElement>(`.${name}`)!;
const one = `<milepost-progress project="acme" job="a"></milepost-progress>`;

test("it shows a job as it changes, with role and values", async () => {
  const [element] = await put(one);
  expect(find(element, "title").textContent).toBe("Loading…");
  const client = made[0]!.client;
  client.push(aJob({ id: "a" }));
  expect(find(element, "title").textContent).toBe("SigmaHQ");
  expect(find(element, "status").textContent).toBe("Running · 50%");
  const bar = find(element, "bar");
  expect(bar.getAttribute("role")).toBe("progressbar");
  expect(bar.getAttribute("aria-valuenow")).toBe("50");
  expect(bar.getAttribute("aria-label")).toBe("SigmaHQ");
  expect(find(element, "fill").style.transform).toBe("translateX(-50%)");
  client.push(aJob({ id: "a", version: 2, attempt: 2, progress: { current: 0, total: null, unit: null, percent: null } }));
  expect(find(element, "fill").hasAttribute("data-still")).toBe(true);
  expect(bar.hasAttribute("aria-valuenow")).toBe(false);
  await expectAccessible(document.body);
});

test("it tells each update, and the end once", async () => {
  const [element] = await put(one);
  const told: string[] = [];
  for (const type of ["milepost-update", "milepost-settled"]) {
    document.body.addEventListener(type, (event) => told.push(`${type} ${(event as CustomEvent).detail.job.version}`));
  }
  made[0]!.client.push(aJob({ id: "a", version: 1 }), aJob({ id: "a", version: 2, status: "completed" }));
  expect(told).toEqual(["milepost-update 1", "milepost-update 2", "milepost-settled 2"]);
  expect(element!.state?.status).toBe("completed");
});

test("elements of one project share a client; another project or service has its own", async () => {
  await put(`${one}${one}<milepost-progress project="acme" job="b"></milepost-progress>
    <milepost-progress project="other" job="a"></milepost-progress>
    <milepost-progress project="acme" job="a" url="https://progress.example.com"></milepost-progress>`);
  expect(made.map(({ options }) => [options.url, options.project])).toEqual([
    ["", "acme"], ["", "other"], ["https://progress.example.com", "acme"],
  ]);
  document.querySelector("milepost-progress")!.remove();
  await settle();
  expect(made.some(({ closed }) => closed)).toBe(false);
  document.body.replaceChildren();
  await settle();
  expect(made.every(({ closed, client }) => closed && client.subscriptions() === 0)).toBe(true);
});

test("another job is watched over the same client, and another name redraws alone", async () => {
  const [element] = await put(one);
  const client = made[0]!.client;
  client.push(aJob({ id: "a" }), aJob({ id: "b", title: "Other" }));
  element!.job = "b"; // as a framework sets it
  expect(element!.getAttribute("job")).toBe("b");
  await settle();
  expect(find(element, "title").textContent).toBe("Other");
  element!.setAttribute("label", "Named here");
  expect(find(element, "title").textContent).toBe("Named here");
  expect(made).toHaveLength(1);
  expect(made[0]!.closed).toBe(false);
  client.push(aJob({ id: "a", version: 2, title: "Not watched" }));
  expect(find(element, "title").textContent).toBe("Named here");
});

test("an element that is moved goes on without a break", async () => {
  const [element] = await put(one);
  const begun = made[0]!.client.begun.count;
  const place = document.createElement("div");
  document.body.append(place);
  place.append(element!);
  await settle();
  expect(made[0]!.client.begun.count).toBe(begun);
});

test("the connection is told while it is not live, and not once the job has ended", async () => {
  const [element] = await put(one);
  const client = made[0]!.client;
  client.push(aJob({ id: "a" }));
  expect(find(element, "sign").hidden).toBe(true);
  client.connect({ state: "offline", transport: null, attempt: 10 });
  expect(find(element, "sign").textContent).toContain("Offline");
  client.push(aJob({ id: "a", version: 2, status: "completed" }));
  client.connect({ state: "closed", reason: null, transport: null });
  expect(find(element, "sign").hidden).toBe(true);
});

test("a token comes from a property, or from what was registered, and never from an attribute", async () => {
  await put(`<milepost-progress project="acme" job="a" token="secret"></milepost-progress>`);
  expect(made[0]!.options.token).toBeUndefined();
  const own = document.createElement("milepost-progress") as ProgressElement;
  own.token = async () => "mine";
  own.setAttribute("project", "acme");
  own.setAttribute("job", "a");
  document.body.append(own);
  await settle();
  expect(await made[1]!.options.token?.()).toBe("mine");
  registerToken(async () => "registered");
  await settle();
  own.remove();
  await settle();
  expect(await made.at(-1)!.options.token?.()).toBe("registered");
});

test("what is missing, refused or deleted is said", async () => {
  const [nameless, element] = await put(`<milepost-progress project="acme"></milepost-progress>${one}`);
  expect(find(nameless, "title").textContent).toBe("No job is named");
  made[0]!.client.push(aJob({ id: "a" }));
  made[0]!.client.drop("a");
  expect(find(element, "title").textContent).toBe("This job has been deleted");
  await expectAccessible(document.body);
});

test("time passes on it, and stops when it is gone", async () => {
  vi.useFakeTimers({ now: Date.parse("2026-03-01T12:00:00.000Z") });
  const [element] = await put(one);
  made[0]!.client.push(aJob({ id: "a" }));
  expect(find(element, "time").textContent).toBe("10 s");
  vi.advanceTimersByTime(5000);
  expect(find(element, "time").textContent).toBe("15 s");
  document.body.replaceChildren();
  await settle();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test("its colours are those of the default look", () => {
  const look = readFileSync("src/react/look.css", "utf8");
  const pattern = /--mp-([\w-]+)[:,] (light-dark\(#\w{6}, #\w{6}\))/g;
  const defined = new Map([...look.matchAll(pattern)].map(([, name, value]) => [name, value]));
  const used = [...STYLE.matchAll(pattern)];
  expect(used.length).toBeGreaterThan(10);
  for (const [, name, value] of used) expect(value, name).toBe(defined.get(name));
});
