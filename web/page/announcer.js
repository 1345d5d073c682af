// What a screen reader is told: phases and outcomes, politely and not too often. Twenty jobs at
// work would otherwise never let it finish a sentence.

import { words } from "./format.js";
import { isActive } from "./store.js";

const PAUSE = 2_500;
const MOST = 3;

export class Announcer {
  #node;
  #waiting = new Map();
  #timer = 0;

  constructor(node) {
    this.#node = node;
  }

  /** Says what the difference between two states of a job means, if it means something. */
  job(before, job) {
    const name = job.title || words(job.kind);
    if (!isActive(job)) this.say(job.id, `${name} ${job.status}${job.error ? `: ${job.error.message}` : ""}`);
    else if (job.stalled_at && !before?.stalled_at) this.say(job.id, `${name} is stalled`);
    else if (before && job.phase && job.phase !== before.phase) this.say(job.id, `${name}: ${words(job.phase)}`);
  }

  /** Says a line soon. Of several lines on one topic the last is said. */
  say(topic, line) {
    this.#waiting.set(topic, line);
    this.#timer ||= setTimeout(() => this.#speak(), PAUSE / 5);
  }

  #speak() {
    const lines = [...this.#waiting.values()];
    this.#waiting.clear();
    const rest = lines.length - MOST;
    this.#node.textContent = lines.slice(0, MOST).join(". ") + (rest > 0 ? `, and ${rest} more` : "");
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (this.#waiting.size > 0) this.#speak();
    }, PAUSE);
  }
}
