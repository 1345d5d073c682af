// A piece of code with its button to copy it. JSON has its names and values told apart.

import { element } from "./element.ts";

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function json(value: unknown): HTMLElement {
  const text = JSON.stringify(value, null, 2);
  const pre = element("pre", { tabindex: "0" });
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    pre.append(text.slice(end, match.index));
    const [whole, quoted, colon] = match;
    const kind = colon === undefined ? (quoted === undefined ? "value" : "text") : "name";
    pre.append(element("span", { class: `json-${kind}` }, quoted ?? whole), colon ?? "");
    end = match.index + whole.length;
  }
  pre.append(text.slice(end));
  return framed(pre, text, "Copy the JSON");
}

export function line(text: string): HTMLElement {
  return framed(element("pre", { tabindex: "0" }, text), text, "Copy the line");
}

function framed(pre: HTMLElement, text: string, label: string): HTMLElement {
  const button = element("button", { type: "button", class: "copy", "aria-label": label }, "Copy");
  const say = (word: string) => {
    button.textContent = word;
    setTimeout(() => (button.textContent = "Copy"), 2_000);
  };
  button.addEventListener("click", () => {
    // Missing where the page came over plain HTTP from another machine: then what is to be copied is selected.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    const select = () => {
      getSelection()?.selectAllChildren(pre);
      say("Selected");
    };
    if (clipboard) clipboard.writeText(text).then(() => say("Copied"), select);
    else select();
  });
  return element("div", { class: "code" }, pre, button);
}
