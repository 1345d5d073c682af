// The phases of a job as a row of steps: what is done, what runs, what is still to come.

import { secondsSince } from "./clock.js";
import { element, keyed, setAttribute, setSymbol, setText, symbol } from "./element.js";
import { amount, duration, ticking, words } from "./format.js";

const SYMBOLS = {
  pending: "ring", running: "disc", completed: "check", failed: "cross", cancelled: "dash", skipped: "skip",
};

export class Phases {
  root = element("ol", { class: "phases", "aria-label": "Phases" });
  #phases = [];

  update(phases) {
    this.#phases = phases;
    this.root.hidden = phases.length === 0;
    keyed(this.root, phases, { key: (phase) => phase.name, make, update });
  }

  /** Running phases grow older by the second. */
  tick() {
    this.#phases.forEach((phase, at) => {
      if (phase.status === "running") setText(this.root.children[at].querySelector(".phase-time"), time(phase));
    });
  }
}

function make() {
  return element("li", { class: "phase" },
    symbol("ring"),
    element("span", { class: "phase-name" }),
    element("span", { class: "unseen" }),
    element("span", { class: "phase-time" }));
}

function update(node, phase) {
  const [drawing, name, status, taken] = node.children;
  setAttribute(node, "data-status", phase.status);
  setAttribute(node, "aria-current", phase.status === "running" ? "step" : null);
  setAttribute(node, "title", amount(phase) || null);
  setSymbol(drawing, SYMBOLS[phase.status] ?? "ring");
  setText(name, words(phase.name));
  setText(status, `, ${phase.status}`);
  setText(taken, time(phase));
}

function time({ status, started_at: start, finished_at: finish }) {
  if (!start) return "";
  if (finish) return duration((Date.parse(finish) - Date.parse(start)) / 1000);
  return status === "running" ? ticking(secondsSince(start)) : "";
}
