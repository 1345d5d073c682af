// A page as the engine sees it, and how it is told: frames go out at the end of the turn in which they came, or, while
// many come, a few milliseconds of them at a time.

import type { Frame } from "./job.ts";
import type { Update } from "./port.ts";
import type { Page } from "./watched.ts";

/** While many frames come, this many milliseconds of them go out together. */
const BATCH = 8;

export interface Listener extends Page {
  /** Whether anybody looks at it. */
  visible: boolean;
  /** Whether it wants the tiles. */
  summary: boolean;
}

export function createListener(listener: (update: Update) => void): Listener {
  let frames: Frame[] = [];
  let flushedAt = 0;

  function flush(): void {
    if (!frames.length) return;
    const update: Update = { type: "frames", frames };
    [frames, flushedAt] = [[], Date.now()];
    listener(update);
  }

  return {
    watches: new Map(),
    visible: true,
    summary: false,
    tell: (update) => {
      if (update.type !== "frames") {
        flush(); // in the order in which it came
        return listener(update);
      }
      if (!frames.length) {
        if (Date.now() - flushedAt < BATCH) setTimeout(flush, BATCH);
        else queueMicrotask(flush);
      }
      frames.push(...update.frames);
    },
  };
}
