// What the element shows, and how it changes in place. Knows the shadow, and nothing of clients.

import { isTerminal, type Job } from "../job.ts";
import type { ConnectionWords } from "../display/connection-words.ts";
import { amount, nameOf, percent, remaining, elapsed } from "../display/format.ts";
import { MOOD_WORDS, moodOf } from "../display/mood.ts";
import { barAttributes, fillTransform } from "../display/progress.ts";
import { dress } from "./style.ts";

export interface Drawing {
  job(job: Job, now: number): void;
  /** Instead of a job: that none is known yet, or why it cannot be had. */
  note(text: string): void;
  /** A sign while what is shown may be old; live says nothing. */
  connection(words: ConnectionWords): void;
  announce(text: string): void;
}

export function createDrawing(host: HTMLElement, shadow: ShadowRoot): Drawing {
  dress(shadow);
  const title = part("span", "title");
  const status = part("span", "status");
  const bar = part("div", "bar");
  const fill = part("div", "fill");
  const facts = part("span", "facts");
  const sign = part("span", "sign");
  const time = part("span", "time");
  const error = part("div", "error");
  const spoken = part("div", "unseen");
  spoken.setAttribute("role", "status");
  bar.append(fill);
  shadow.append(within("head", title, status), bar, within("foot", facts, sign, time), error, spoken);
  let drawn: { readonly id: string; readonly percent: number } | null = null;

  function drawBar(job: Job) {
    setAll(bar, { ...barAttributes(job), "aria-label": host.getAttribute("label") ?? nameOf(job) });
    const now = job.progress.percent ?? 0;
    // Never backwards, as a new attempt or another job would have it.
    fill.toggleAttribute("data-still", drawn === null || drawn.id !== job.id || now < drawn.percent);
    fill.style.transform = fillTransform(job);
    drawn = { id: job.id, percent: now };
  }

  return {
    job(job, now) {
      const mood = moodOf(job);
      host.setAttribute("data-mood", mood);
      drawBar(job);
      set(title, host.getAttribute("label") ?? nameOf(job));
      set(status, [MOOD_WORDS[mood], percent(job.progress.percent)].filter(Boolean).join(" · "));
      set(facts, amount(job.progress) || job.message || "");
      set(time, remaining(job, now) || (job.status === "queued" ? "" : elapsed(job, now)));
      set(error, isTerminal(job.status) && job.error ? job.error.message : "");
    },
    note(text) {
      host.removeAttribute("data-mood");
      drawn = null;
      fill.style.transform = "translateX(-100%)";
      for (const node of [status, facts, time, error]) set(node, "");
      set(title, text);
      const label = host.getAttribute("label") ?? "Progress";
      setAll(bar, {
        role: "progressbar",
        "aria-valuetext": text,
        "aria-label": label,
        "aria-valuenow": undefined,
        "data-open": undefined,
      });
    },
    connection({ mood, label, note }) {
      set(sign, mood === "live" || mood === "closed" ? "" : [label, note].filter(Boolean).join(" · "));
    },
    announce: (text) => set(spoken, text),
  };
}

function part(tag: string, name: string): HTMLElement {
  const node = document.createElement(tag);
  node.className = name;
  node.setAttribute("part", name);
  return node;
}

function within(name: string, ...children: readonly HTMLElement[]): HTMLElement {
  const node = part("div", name);
  node.append(...children);
  return node;
}

function set(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
  if (node.getAttribute("role") !== "status") node.hidden = text === "";
}

function setAll(node: HTMLElement, attributes: { readonly [name: string]: string | number | undefined }): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) node.removeAttribute(name);
    else if (node.getAttribute(name) !== `${value}`) node.setAttribute(name, `${value}`);
  }
}
