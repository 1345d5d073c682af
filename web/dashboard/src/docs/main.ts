// The page at /docs: the service's own documents, drawn for people. It loads nothing from elsewhere, and nothing of the
// dashboard.

import "../styles/docs.css";
import { arranged } from "./arrange.ts";
import { json } from "./code.ts";
import { read, type AsyncApi, type OpenApi, type Schema } from "./documents.ts";
import { element, prose } from "./element.ts";
import { operations } from "./operations.ts";
import { anchor, explained } from "./schemas.ts";
import { draw, type Article, type Drawn, type Section } from "./section.ts";
import { streams } from "./streams.ts";

const main = find("main");
const contents = find("nav");
const filter = find("input") as HTMLInputElement;

function find(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

function schemas(api: OpenApi, streams: AsyncApi): Section {
  const all = { ...api.components.schemas, ...streams.components.schemas };
  const article = ([name, schema]: [string, Schema]): Article => ({
    id: anchor(name), title: schema.description ?? "", mark: "schema", code: name,
    body: () => [
      explained(schema),
      ...(schema.examples ?? []).filter((example) => typeof example === "object").map((example) => json(arranged(example, schema, all))),
    ],
  });
  const sorted = Object.entries(all).sort(([a], [b]) => a.localeCompare(b, "en"));
  return { title: "Schemas", note: "Every shape by its name.", articles: sorted.map(article) };
}

/** Shows only what has all these words. */
function sift(drawn: readonly Drawn[]): void {
  const words = filter.value.toLowerCase().split(/[^a-z0-9]+/).filter(Boolean);
  let shown = 0;
  for (const { words: own, parts } of drawn) {
    const fits = words.every((word) => own.includes(` ${word}`));
    for (const part of parts) part.hidden = !fits;
    shown += Number(fits);
  }
  for (const part of document.querySelectorAll<HTMLElement>("section, .part")) {
    part.hidden = words.length > 0 && !part.querySelector(":scope > .article:not([hidden]), :scope > ul > li:not([hidden])");
  }
  find("[role=status]").textContent = words.length === 0 ? "" : shown === 0 ? "Nothing fits." : `${shown} of ${drawn.length} shown.`;
}

/** Opens what the address names. */
function reveal(): void {
  const meant = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(meant instanceof HTMLElement)) return;
  if (meant instanceof HTMLDetailsElement) meant.open = true;
  if (meant.hidden) {
    filter.value = "";
    filter.dispatchEvent(new Event("input"));
  }
  meant.scrollIntoView();
  if (matchMedia("(max-width: 900px)").matches) (find(".contents") as HTMLDetailsElement).open = false;
}

function keyboard(event: KeyboardEvent): void {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    filter.focus();
  } else if (event.key === "Escape" && typing) {
    filter.value = "";
    filter.dispatchEvent(new Event("input"));
    main.focus();
  }
}

async function show(): Promise<void> {
  const [http, channels] = await read();
  const files = "The documents themselves are `/openapi.json` (requests and answers) and `/asyncapi.json` (what streams carry).";
  const open = "Without credentials configured, none are needed. Elsewhere every line needs `-H \"authorization: Bearer $TOKEN\"`.";
  main.replaceChildren(
    element("h1", {}, "API ", element("span", { class: "version" }, http.info.version)),
    element("p", {}, prose(http.info.description)), element("p", { class: "quiet" }, prose(open)),
    element("p", { class: "quiet" }, prose(files)),
    element("p", { class: "quiet", role: "status" }));
  const drawn = draw([...operations(http), ...streams(channels), schemas(http, channels)], main, contents);
  filter.addEventListener("input", () => sift(drawn));
  addEventListener("hashchange", reveal);
  document.addEventListener("keydown", keyboard);
  (find(".contents") as HTMLDetailsElement).open = matchMedia("(min-width: 901px)").matches;
  reveal();
}

show().catch((error: unknown) => {
  main.replaceChildren(element("p", { role: "alert" }, `The documents cannot be read: ${String(error)}. Reload the page to try again.`));
});
