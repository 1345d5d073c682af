// The demo's front: a button per feed, and a place to drop files. Shown only where the service
// has one (`GET /demo`).

import { Problem, post, request } from "./api.js";
import { element, setAttribute, setShown, setText, symbol } from "./element.js";
import { bytes } from "./format.js";
import { toast } from "./toast.js";

const find = (id) => document.getElementById(id);

export class Front {
  #feeds = [];
  #store;
  #buttons = new Map();
  #starting = new Set();

  /** @param store tells which feeds are at work already */
  constructor(store) {
    this.#store = store;
  }

  /** Asks the service for its demo; does nothing where there is none. */
  async open() {
    const demo = await request("/demo").catch(() => null);
    if (demo === null || !Array.isArray(demo.feeds)) return;
    this.#feeds = demo.feeds;
    if (demo.pace !== undefined && demo.pace !== null) {
      setText(find("pace"), typeof demo.pace === "number" ? `pace ${demo.pace}×` : `pace: ${demo.pace}`);
      setShown(find("pace"), true);
    }
    find("feeds").replaceChildren(...this.#feeds.map((feed) => this.#row(feed)));
    setShown(find("feeds-section"), this.#feeds.length > 0);
    setText(find("empty-hint"), "Press Sync or drop a file, and watch.");
    this.#listenForFiles();
    setShown(find("front"), true);
    find("layout").dataset.front = "";
    this.update();
  }

  /** Disables the buttons of feeds that are being synced. */
  update() {
    if (this.#feeds.length === 0) return;
    const busy = new Set(this.#store.active().map((job) => job.subject));
    for (const { id, title } of this.#feeds) {
      const button = this.#buttons.get(id);
      const working = busy.has(id) || this.#starting.has(id);
      // Not `disabled`: that would throw away the focus of whoever just pressed it.
      setAttribute(button, "aria-disabled", working ? "true" : null);
      setText(button.lastChild, working ? "Syncing…" : "Sync");
      setAttribute(button, "aria-label", `${working ? "Syncing" : "Sync"} ${title}`);
    }
  }

  #row({ id, title }) {
    const button = element("button", { type: "button", class: "button feed" },
      symbol("sync"), element("span", { class: "feed-title" }, title), element("span", { class: "feed-do" }, "Sync"));
    button.addEventListener("click", () => this.#sync(id, button));
    this.#buttons.set(id, button);
    return element("li", {}, button);
  }

  async #sync(id, button) {
    if (button.getAttribute("aria-disabled")) return;
    this.#starting.add(id);
    this.update();
    try {
      await post(`/demo/feeds/${encodeURIComponent(id)}/sync`, {});
      // The job is on its way over the stream; until it shows, a second press would be refused.
      setTimeout(() => { this.#starting.delete(id); this.update(); }, 1500);
    } catch (error) {
      this.#starting.delete(id);
      this.update();
      tell(error);
    }
  }

  #listenForFiles() {
    const drop = find("drop");
    const files = find("files");
    find("choose").addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      upload([...files.files]);
      files.value = "";
    });
    // Dropped beside the place, a file would open and the page be gone.
    for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
    addEventListener("dragenter", (event) => {
      if (event.dataTransfer?.types.includes("Files")) drop.dataset.over = "";
    });
    addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) delete drop.dataset.over;
    });
    addEventListener("drop", (event) => {
      delete drop.dataset.over;
      upload([...(event.dataTransfer?.files ?? [])]);
    });
  }
}

// One file after the other: the way up is shared, and the first should be at work soon.
let queue = Promise.resolve();

function upload(files) {
  for (const file of files) {
    const row = element("li", { class: "upload" },
      element("span", { class: "upload-name" }, file.name),
      element("span", { class: "upload-note" }, `${bytes(file.size)}, uploading…`));
    find("uploads").append(row);
    queue = queue.then(() => send(file)).finally(() => {
      row.remove();
      setShown(find("uploads"), find("uploads").childElementCount > 0);
    });
  }
  setShown(find("uploads"), find("uploads").childElementCount > 0);
}

async function send(file) {
  try {
    await request(`/demo/imports?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file, type: "text/csv" });
  } catch (error) {
    tell(error, `${file.name}: `);
  }
}

function tell(error, before = "") {
  if (!(error instanceof Problem)) throw error;
  toast(before + error.message);
}
