// The jobs as last heard, and which of them are shown in what order. Pure memory: no DOM, no
// network, no clock.

const ACTIVE = new Set(["queued", "running", "cancelling"]);

/** How many ended jobs are kept. */
export const KEPT = 20;

/** Whether a job can still change. */
export function isActive(job) {
  return ACTIVE.has(job.status);
}

export class Store {
  #jobs = new Map();
  #unconfirmed = new Set();

  /**
   * Takes a frame. A version that is not newer than the one held is dropped: frames come at
   * least once, and over two transports at a time while one takes over from the other.
   * @returns `{ before, job }`, or null where nothing changed
   */
  take(frame) {
    const job = frame.data;
    this.#unconfirmed.delete(job.id);
    const before = this.#jobs.get(job.id) ?? null;
    if (before !== null && job.version <= before.version) return null;
    this.#jobs.set(job.id, job);
    return { before, job };
  }

  get(id) {
    return this.#jobs.get(id) ?? null;
  }

  remove(id) {
    this.#unconfirmed.delete(id);
    return this.#jobs.delete(id);
  }

  /** A whole snapshot follows: active jobs that it does not name may have ended or be gone. */
  reset() {
    this.#unconfirmed = new Set([...this.#jobs.values()].filter(isActive).map((job) => job.id));
  }

  /** The ids that the snapshot did not name; empties the list. */
  unconfirmed() {
    const ids = [...this.#unconfirmed];
    this.#unconfirmed.clear();
    return ids;
  }

  /** Active jobs, newest first. */
  active() {
    return [...this.#jobs.values()].filter(isActive).sort(newest("created_at"));
  }

  /** Ended jobs, the last to end first; forgets those past the number kept. */
  ended() {
    const ended = [...this.#jobs.values()].filter((job) => !isActive(job)).sort(newest("finished_at"));
    for (const job of ended.splice(KEPT)) this.#jobs.delete(job.id);
    return ended;
  }

  /** Whether a newer job repeats this one. */
  isRetried(id) {
    return [...this.#jobs.values()].some((job) => job.retry_of === id);
  }
}

// Times of one form compare as text; the id settles a tie, so that no two cards trade places.
function newest(field) {
  return (a, b) => compare(b[field] ?? "", a[field] ?? "") || compare(b.id, a.id);
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
