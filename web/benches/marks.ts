// What stands on the screen and since when, however the page is built: jobs are named so that a script in the page
// finds their rows by what can be read in them, a name, a count and the word of an ending, whenever a row changes.

import type { Page } from "playwright-core";

/** What a row showed when it changed. Times in milliseconds since 1970, by the clock of this machine. */
export interface Mark {
  readonly job: string;
  readonly step: number;
  /** `working`, or how the job ended. */
  readonly word: string;
  /** When the frame that shows it had been painted. */
  readonly paintedAt: number;
}

interface Watching {
  readonly newest: Map<string, Mark>;
  /** Every mark, oldest first, where all were asked for. */
  readonly all: Mark[];
  /** What a job showed after something later of it. */
  readonly backwards: string[];
}

declare global {
  interface Window {
    marks: Watching;
  }
}

/** So large that no step is mistaken for it. */
export const TOTAL = 1_000_000;

/** The ids of jobs, which are their titles, too. */
export function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `mark-${String(at).padStart(4, "0")}`);
}

/** For `addInitScript`: watches a page from its first moment on, and keeps all marks or the newest of each job. */
export function watchMarks(all: boolean): string {
  return `(${watch.toString()})(${all})`;
}

/** The newest mark of each job. */
export function marksOf(page: Page): Promise<Mark[]> {
  return page.evaluate(() => [...window.marks.newest.values()]);
}

// Runs in the page, so it can refer to nothing outside of itself.
function watch(all: boolean): void {
  const rows = "[role=row], article, li";
  const marks: Watching = { newest: new Map(), all: [], backwards: [] };
  window.marks = marks;
  let changed = new Set<Element>();

  const rowOf = (node: Node): Element | null => {
    let row = (node instanceof Element ? node : node.parentElement)?.closest(rows) ?? null;
    while (row && !/mark-\d{4}/.test(row.textContent ?? "")) row = row.parentElement?.closest(rows) ?? null;
    return row?.closest("main") ? row : null;
  };
  const read = (row: Element): Omit<Mark, "paintedAt"> | null => {
    const text = row.textContent ?? "";
    const job = /mark-\d{4}/.exec(text)?.[0];
    const step = Number(/([\d,]+) of 1,000,000/.exec(text)?.[1]?.replaceAll(",", "") ?? 0);
    return job ? { job, step, word: /completed|failed|cancelled/i.exec(text)?.[0].toLowerCase() ?? "working" } : null;
  };
  const keep = (seen: Omit<Mark, "paintedAt">, paintedAt: number): void => {
    const before = marks.newest.get(seen.job);
    const back = before && (before.step > seen.step || (before.word !== "working" && before.word !== seen.word));
    if (back) marks.backwards.push(`${seen.job}: ${before.step} ${before.word}, then ${seen.step} ${seen.word}`);
    if (before && before.step === seen.step && before.word === seen.word) return;
    const mark = { ...seen, paintedAt };
    marks.newest.set(seen.job, mark);
    if (all) marks.all.push(mark);
  };
  // A message that is sent within a callback for a frame arrives once that frame has been painted. What changes within
  // such a callback is in this very frame, so those of the page are told from everything else it does.
  const { port1, port2 } = new MessageChannel();
  const pending: ((at: number) => void)[] = [];
  let inFrame = false;
  const begin = (): void => {
    if (!inFrame) port2.postMessage(null);
    inFrame = true;
  };
  port1.onmessage = () => {
    inFrame = false;
    const at = performance.timeOrigin + performance.now();
    for (const then of pending.splice(0)) then(at);
  };
  const nextFrame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => nextFrame((at) => {
    begin();
    callback(at);
  });
  const painted = (then: (at: number) => void): void => {
    pending.push(then);
    if (!inFrame) nextFrame(begin);
  };
  const note = (node: Node): void => {
    const row = rowOf(node);
    if (row) return void changed.add(row);
    // What holds rows is new as a whole.
    if (!(node instanceof Element)) return;
    for (const inner of node.querySelectorAll(rows)) if (rowOf(inner) === inner) changed.add(inner);
  };
  new MutationObserver((mutations) => {
    for (const { type, target, addedNodes } of mutations) {
      if (type === "characterData") note(target);
      else addedNodes.forEach(note);
    }
    if (changed.size === 0) return;
    const seen = [...changed].flatMap((row) => read(row) ?? []);
    changed = new Set();
    painted((at) => seen.forEach((one) => keep(one, at)));
  }).observe(document, { subtree: true, childList: true, characterData: true });
}
