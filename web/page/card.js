// One job on the page. Draws a state and, between states, lets time pass in it (ETA, durations,
// silence). Keeps no state of its own but what the reader opened or is being asked.
// Longer than its neighbours because the parts of a card are only understood side by side.

import { secondsSince, serviceNow } from "./clock.js";
import { element, keyed, setAttribute, setShown, setText } from "./element.js";
import { amount, duration, number, percent, rate, summary, ticking, when, words } from "./format.js";
import { Notices } from "./notices.js";
import { Phases } from "./phases.js";
import { isActive } from "./store.js";

let cards = 0;

export class Card {
  #job = null;
  #actions;
  #phases = new Phases();
  #notices = new Notices();
  #asking = false;
  #busy = false;

  /** @param actions `cancel(job)` and `retry(job)`, both async; `isRetried(id)` */
  constructor(actions) {
    this.#actions = actions;
    this.#build();
    this.cancel.addEventListener("click", () => this.#ask(true));
    this.keep.addEventListener("click", () => this.#ask(false));
    this.sure.addEventListener("click", () => this.#run(() => this.#actions.cancel(this.#job)));
    this.retry.addEventListener("click", () => this.#run(() => this.#actions.retry(this.#job)));
    this.confirm.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#ask(false);
    });
  }

  #build() {
    cards += 1;
    const id = `card-${cards}`;
    const button = (kind, text) => element("button", { type: "button", class: `button ${kind}` }, text);
    this.title = element("h3", { id, class: "title" });
    this.kind = element("p", { class: "kind" });
    this.badge = element("span", { class: "badge" });
    this.cancel = button("quiet", "Cancel");
    this.sure = button("danger", "Cancel the job");
    this.keep = button("quiet", "Keep it");
    this.retry = button("quiet retry", "Retry");
    this.cancelling = element("span", { class: "cancelling" }, "Cancelling…");
    this.confirm = element("div", { class: "confirm", role: "group", "aria-label": "Cancel this job?" }, this.sure, this.keep);
    this.percent = element("span", { class: "percent" });
    this.fill = element("div", { class: "fill" });
    this.bar = element("div", { class: "bar", role: "progressbar", "aria-labelledby": id, "aria-valuemin": 0, "aria-valuemax": 100 }, this.fill);
    this.meter = element("div", { class: "meter" }, this.bar, this.percent);
    this.amount = element("span", { class: "fact" });
    this.rate = element("span", { class: "fact" });
    this.eta = element("span", { class: "fact fact-eta" });
    this.facts = element("p", { class: "facts" }, this.amount, this.rate, this.eta);
    this.message = element("p", { class: "message" });
    this.stalled = element("p", { class: "stalled" });
    this.errorCode = element("code", { class: "error-code" });
    this.errorText = element("p", { class: "error-text" });
    this.errorNote = element("p", { class: "error-note" });
    this.error = element("div", { class: "error" }, this.errorText, this.errorCode, this.errorNote);
    this.result = element("p", { class: "result" });
    this.counters = element("dl", { class: "counters" });
    this.children = element("p", { class: "children" });
    this.summary = element("summary", { class: "more-summary" }, "Details");
    this.more = element("details", { class: "more" }, this.summary, element("div", { class: "more-body" },
      this.#phases.root, this.children, this.counters, this.#notices.root));
    const head = element("div", { class: "card-head" },
      element("div", { class: "names" }, this.title,
        element("div", { class: "under" }, this.badge, this.cancelling, this.kind)),
      element("div", { class: "actions" }, this.cancel, this.retry, this.confirm));
    this.root = element("li", { class: "card" },
      element("article", { "aria-labelledby": id }, head, this.meter, this.facts, this.message,
        this.stalled, this.error, this.result, this.more));
  }

  get job() {
    return this.#job;
  }

  /** Draws a state. */
  update(job) {
    this.#job = job;
    this.root.id = `job-${job.id}`;
    setAttribute(this.root, "data-status", job.status);
    setAttribute(this.root, "data-stalled", job.stalled_at ? "" : null);
    setText(this.title, job.title || words(job.kind));
    setText(this.kind, labels(job));
    setText(this.badge, job.stalled_at ? "stalled" : job.status);
    this.#drawError(job.error);
    this.#drawCounters(job.counters);
    this.#phases.update(job.phases);
    this.#notices.update(job.notices);
    setText(this.message, job.message ?? "");
    setShown(this.message, Boolean(job.message) && isActive(job));
    const result = job.result ? summary(job.result) : "";
    setText(this.result, result);
    setShown(this.result, result !== "");
    setText(this.children, parts(job.children));
    setShown(this.children, job.children !== null);
    this.#drawActions();
    this.tick();
  }

  /** What changes by itself: called every second. */
  tick() {
    const job = this.#job;
    const active = isActive(job);
    this.#phases.tick();
    setText(this.amount, amount(job.progress));
    setText(this.rate, active && job.rate && !job.stalled_at ? rate(job.rate.per_second, job.progress.unit) : "");
    setText(this.eta, active ? remaining(job) : ended(job));
    setText(this.stalled, job.stalled_at ? `No word from the worker for ${ticking(secondsSince(job.updated_at))}` : "");
    setShown(this.stalled, Boolean(job.stalled_at) && active);
    this.#drawBar(active);
  }

  /** Folds an ended card down to what came of it; a card that runs lies open. */
  fold(folded) {
    if (this.folded === folded) return;
    this.folded = folded;
    setAttribute(this.root, "data-folded", folded ? "" : null);
    this.more.open = !folded;
    this.more.hidden = folded && !this.#hasDetails();
  }

  #hasDetails() {
    const { phases, counters, notices, children } = this.#job;
    return phases.length > 0 || Object.keys(counters).length > 0 || notices.total > 0 || children !== null;
  }

  #drawBar(active) {
    const { status, progress } = this.#job;
    const known = progress.percent !== null;
    const open = active && !known && status !== "queued";
    setAttribute(this.bar, "data-open", open ? "" : null);
    setAttribute(this.bar, "aria-valuenow", known ? Math.floor(progress.percent) : null);
    const spoken = [percent(progress.percent), this.amount.textContent, active ? this.eta.textContent : status];
    setAttribute(this.bar, "aria-valuetext", spoken.filter(Boolean).join(", ") || status);
    setText(this.percent, known ? percent(progress.percent) : "");
    this.fill.style.transform = open ? "" : `translateX(${(progress.percent ?? 0) - 100}%)`;
  }

  #drawError(error) {
    setShown(this.error, error !== null);
    if (error === null) return;
    setText(this.errorText, error.message);
    setText(this.errorCode, error.code);
    const notes = [];
    if (error.phase) notes.push(`in ${words(error.phase)}`);
    if (this.#job.status === "queued") notes.push("will be tried again");
    else if (error.retryable) notes.push("worth a retry");
    setText(this.errorNote, notes.join(" · "));
  }

  #drawCounters(counters) {
    const entries = Object.entries(counters);
    setShown(this.counters, entries.length > 0);
    keyed(this.counters, entries, {
      key: ([name]) => name,
      make: () => element("div", { class: "counter" }, element("dt"), element("dd")),
      update: (node, [name, value]) => {
        setText(node.firstChild, words(name));
        setText(node.lastChild, number(value));
      },
    });
  }

  #drawActions() {
    const { status, id, title, kind } = this.#job;
    const cancellable = status === "queued" || status === "running";
    if (!cancellable) this.#asking = false;
    const name = title || kind;
    setAttribute(this.cancel, "aria-label", `Cancel ${name}`);
    setAttribute(this.sure, "aria-label", `Cancel the job ${name}`);
    setAttribute(this.retry, "aria-label", `Retry ${name}`);
    setShown(this.badge, status !== "cancelling");
    setShown(this.cancelling, status === "cancelling");
    setShown(this.cancel, cancellable && !this.#asking);
    setShown(this.confirm, cancellable && this.#asking);
    const again = status === "failed" || status === "cancelled";
    const retried = again && this.#actions.isRetried(id);
    setShown(this.retry, again);
    setText(this.retry, retried ? "Retried" : "Retry");
    this.sure.disabled = this.#busy;
    this.retry.disabled = this.#busy || retried;
  }

  // The buttons trade places, so the focus has to follow them by hand.
  #ask(asking) {
    this.#asking = asking;
    this.#drawActions();
    (asking ? this.sure : this.cancel).focus({ preventScroll: true });
  }

  async #run(action) {
    if (this.#busy) return;
    this.#busy = true;
    this.#drawActions();
    try {
      await action();
      this.#asking = false;
    } finally {
      this.#busy = false;
      this.#drawActions();
    }
  }
}

function labels({ kind, subject, attempt, owner }) {
  const all = [kind, subject, owner];
  if (attempt > 1) all.push(`attempt ${attempt}`);
  return all.filter(Boolean).join(" · ");
}

function parts(children) {
  if (children === null) return "";
  const { total, finished, failed } = children;
  return `${number(finished)} of ${number(total)} parts ended${failed ? `, ${number(failed)} failed` : ""}`;
}

// The estimate is as of the last report: what has passed since is taken off.
function remaining({ status, eta, updated_at: updated, created_at: created, stalled_at: stalled }) {
  if (status === "queued") return `waiting for ${ticking(secondsSince(created))}`;
  if (status !== "running" || eta === null || stalled) return "";
  const left = eta.seconds - secondsSince(updated);
  return left < 1 ? "nearly there" : `${ticking(left)} left`;
}

function ended({ status, started_at: start, finished_at: finish }) {
  const at = when(finish, serviceNow());
  if (!start) return at;
  const took = duration((Date.parse(finish) - Date.parse(start)) / 1000);
  return `${status === "completed" ? "took" : "after"} ${took} · ${at}`;
}
