// What happened to a job, newest first: the latest line in view, the newest ten on request.

import { serviceNow } from "./clock.js";
import { element, keyed, setAttribute, setSymbol, setText, symbol } from "./element.js";
import { number, when } from "./format.js";

const SYMBOLS = { info: "info", success: "check", warning: "warning", error: "cross" };

export class Notices {
  #list = element("ul", { class: "notice-list" });
  #count = element("span", { class: "notice-count" });
  #latest = element("span", { class: "notice-latest" });
  #more = element("p", { class: "notice-more" });
  root = element("details", { class: "notices" },
    element("summary", {}, this.#count, this.#latest), this.#list, this.#more);

  update({ total, recent }) {
    this.root.hidden = total === 0;
    if (total === 0) return;
    const newest = [...recent].sort((a, b) => b.number - a.number);
    setText(this.#count, total === 1 ? "1 notice" : `${number(total)} notices`);
    setText(this.#latest, newest[0]?.message ?? "");
    setAttribute(this.#latest, "data-level", newest[0]?.level ?? null);
    setText(this.#more, total > newest.length ? `The newest ${newest.length} of ${number(total)}.` : "");
    keyed(this.#list, newest, { key: (notice) => notice.number, make, update });
  }
}

function make() {
  return element("li", { class: "notice" },
    symbol("info"),
    element("span", { class: "unseen" }),
    element("span", { class: "notice-text" }),
    element("code", { class: "notice-code" }),
    element("time", { class: "notice-time" }));
}

function update(node, notice) {
  const [drawing, level, text, code, time] = node.children;
  setAttribute(node, "data-level", notice.level);
  setSymbol(drawing, SYMBOLS[notice.level] ?? "info");
  setText(level, `${notice.level}: `);
  setText(text, notice.message);
  setText(code, notice.code ?? "");
  setText(time, when(notice.at, serviceNow()));
  setAttribute(time, "datetime", notice.at);
}
