// The cards on the page: which are there, in which order, and when they may move. A card is
// brought up to date at once, but changes its place only while nobody is busy with the list.

import { Card } from "./card.js";
import { serviceNow } from "./clock.js";
import { arrange, setShown, setText } from "./element.js";
import { number } from "./format.js";
import { isActive } from "./store.js";

/** A reader who did something this recently is not to have the cards moved away. Milliseconds. */
const BUSY = 4_000;
/** How long an ended job stays where it ran, so that its end is seen. */
const GRACE = 3_000;
/** More cards than this nobody reads, and no browser draws twice a second. */
const MOST = 200;

const find = (id) => document.getElementById(id);

export class List {
  #store;
  #actions;
  #cards = new Map();
  #busyUntil = 0;
  #placed = null;
  #parts = Object.fromEntries(["jobs", "active", "ended", "empty", "newer", "more-active", "active-count", "ended-count", "ended-section"]
    .map((id) => [id, find(id)]));

  constructor(store, actions) {
    this.#store = store;
    this.#actions = actions;
    const busy = () => { this.#busyUntil = Date.now() + BUSY; };
    for (const type of ["pointermove", "pointerdown", "keydown", "focusin"]) {
      this.#parts.jobs.addEventListener(type, busy, { passive: true });
    }
    this.#parts.jobs.addEventListener("pointerleave", () => { this.#busyUntil = 0; this.layout(); });
    this.#parts.newer.addEventListener("click", () => {
      this.layout(true);
      this.#parts.active.firstElementChild?.scrollIntoView({ block: "nearest", behavior: "auto" });
    });
  }

  /** Draws a job's newer state where its card stands. */
  draw(job) {
    this.#cards.get(job.id)?.update(job);
    if (job.retry_of) this.refresh(job.retry_of);
  }

  /** Draws a job again, because another one changed what can be said of it. */
  refresh(id) {
    const job = this.#store.get(id);
    if (job !== null) this.#cards.get(id)?.update(job);
  }

  /** Once a second: time passes in every card, and those that may move do. */
  tick() {
    for (const card of this.#cards.values()) card.tick();
    this.layout();
  }

  /** Puts every card where it belongs, unless somebody is busy with them (and not `force`). */
  layout(force = false) {
    const { active: all, ended } = this.#sections();
    const active = all.slice(0, MOST);
    const running = all.filter(isActive).length;
    setText(this.#parts["active-count"], running ? number(running) : "");
    setText(this.#parts["more-active"], all.length > MOST ? `The newest ${MOST} of ${number(all.length)} are shown.` : "");
    setText(this.#parts["ended-count"], ended.length ? String(ended.length) : "");
    const unseen = active.filter((job) => !this.#cards.has(job.id)).length;
    const held = !force && this.#placed !== null && Date.now() < this.#busyUntil && this.#cards.size > 0;
    setText(this.#parts.newer, unseen === 1 ? "Show 1 new job" : `Show ${unseen} new jobs`);
    setShown(this.#parts.newer, held && unseen > 0);
    setShown(this.#parts.empty, active.length === 0 && !(held && this.#parts.active.childElementCount > 0));
    // Most calls find everything in its place already, and need not measure a single card.
    const places = [active, ended].map((jobs) => jobs.map((job) => job.id).join(" ")).join("|");
    if (held || places === this.#placed) return;
    this.#placed = places;
    this.#place(active, ended);
  }

  #sections() {
    const ended = this.#store.ended();
    const now = serviceNow();
    const fresh = ended.filter((job) => this.#ranHere(job) && now - Date.parse(job.finished_at) < GRACE);
    const active = [...this.#store.active(), ...fresh]
      .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || (a.id < b.id ? 1 : -1));
    return { active, ended: ended.filter((job) => !fresh.includes(job)) };
  }

  #ranHere(job) {
    return this.#cards.get(job.id)?.root.parentElement === this.#parts.active;
  }

  #place(active, ended) {
    const shown = new Set([...active, ...ended].map((job) => job.id));
    for (const [id, card] of this.#cards) {
      if (shown.has(id)) continue;
      card.root.remove();
      this.#cards.delete(id);
    }
    const before = this.#positions();
    arrange(this.#parts.active, active.map((job) => this.#card(job, false).root));
    setShown(this.#parts["ended-section"], ended.length > 0);
    arrange(this.#parts.ended, ended.map((job) => this.#card(job, true).root));
    glide(before);
  }

  #card(job, folded) {
    let card = this.#cards.get(job.id);
    if (!card) {
      card = new Card(this.#actions);
      card.update(job);
      this.#cards.set(job.id, card);
    }
    card.fold(folded && !isActive(job));
    return card;
  }

  #positions() {
    return new Map([...this.#cards.values()].filter((card) => card.root.isConnected)
      .map((card) => [card.root, card.root.getBoundingClientRect().top]));
  }
}

// Cards that changed places glide there, so that the eye can follow; not for those who asked
// for less motion, and not over more than a screen.
function glide(before) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const [root, top] of before) {
    if (!root.isConnected) continue;
    const by = top - root.getBoundingClientRect().top;
    if (Math.abs(by) < 2 || Math.abs(by) > innerHeight) continue;
    root.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: 220, easing: "ease-out" });
  }
}
