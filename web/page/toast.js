// Short messages in the corner, for what a press of a button came to. They stay until they are
// closed, or go by themselves where they only confirm.

import { element, symbol } from "./element.js";

const STAY = 6_000;

/** Shows `text`; `level` is "error" or "info". */
export function toast(text, level = "error") {
  const close = element("button", { type: "button", class: "toast-close", "aria-label": "Close" }, symbol("cross"));
  const node = element("div", { class: "toast", "data-level": level },
    symbol(level === "error" ? "warning" : "check"), element("p", {}, text), close);
  close.addEventListener("click", () => node.remove());
  const toasts = document.getElementById("toasts");
  toasts.append(node);
  while (toasts.childElementCount > 4) toasts.firstElementChild.remove();
  if (level !== "error") setTimeout(() => node.remove(), STAY);
}
