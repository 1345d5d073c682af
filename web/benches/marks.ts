// What stands on the screen and since when, however the page is built: the workers of a bench put marks into their
// messages (`mark JOB STEP WORD`), and a script in the page looks for them in whatever text appears.

import type { Page } from "playwright-core";

/** A mark as it was first seen. Times in milliseconds since 1970, by the clock of this machine. */
export interface Mark {
  readonly job: string;
  readonly step: number;
  /** `working`, or how the job ended. */
  readonly word: string;
  /** When the frame that shows it was on its way to the screen. */
  readonly paintedAt: number;
}

interface Watching {
  readonly newest: Map<string, Mark>;
  /** Every mark, oldest first, where all were asked for. */
  readonly all: Mark[];
  /** Steps that a job showed after a later one of it. */
  readonly backwards: string[];
}

declare global {
  interface Window {
    marks: Watching;
  }
}

/** The text a worker says. */
export function mark(job: string, step: number, word = "working"): string {
  return `mark ${job} ${step} ${word}.`;
}

/** Watches every page of the context from its first moment on. */
export function watchMarks(all: boolean): string {
  return `(${watch.toString()})(${all})`;
}

/** Whether a job shows a step as late as this one. */
export async function shown(page: Page, job: string, step: number, timeout: number): Promise<Mark> {
  const seen = await page.waitForFunction(([job, step]) => {
    const mark = window.marks.newest.get(job);
    return mark && mark.step >= step ? mark : null;
  }, [job, step] as const, { timeout, polling: 20 });
  return (await seen.jsonValue()) as Mark;
}

// Runs in the page, so it can refer to nothing outside of itself.
function watch(all: boolean): void {
  const marks: Watching = { newest: new Map(), all: [], backwards: [] };
  window.marks = marks;
  let fresh: Omit<Mark, "paintedAt">[] = [];
  const read = (text: string): void => {
    for (const [, job, step, word] of text.matchAll(/mark (\S+) (\d+) (\w+)\./g)) {
      fresh.push({ job: job as string, step: Number(step), word: word as string });
    }
  };
  const keep = (seen: typeof fresh, paintedAt: number): void => {
    for (const one of seen) {
      const before = marks.newest.get(one.job);
      if (before && before.step > one.step) marks.backwards.push(`${one.job}: ${before.step} → ${one.step}`);
      if (before && before.step >= one.step) continue;
      const mark = { ...one, paintedAt };
      marks.newest.set(one.job, mark);
      if (all) marks.all.push(mark);
    }
  };
  // A message that is sent within the callback of a frame arrives once that frame has been painted.
  const painted = (then: (at: number) => void): void => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => then(performance.timeOrigin + performance.now());
      port2.postMessage(null);
    });
  };
  new MutationObserver((mutations) => {
    for (const { type, target, addedNodes } of mutations) {
      if (type === "characterData") read(target.textContent ?? "");
      else for (const node of addedNodes) read(node.textContent ?? "");
    }
    if (fresh.length === 0) return;
    const seen = fresh;
    fresh = [];
    painted((at) => keep(seen, at));
  }).observe(document, { subtree: true, childList: true, characterData: true });
}
