// When listeners hear of changes: together, once per animation frame while the page is seen, else as soon as what is
// at hand is done. However many frames come, a page draws no more often than it can show.

/** Does each piece of work once at the next turn, however often it was asked for. */
export type Pace = (work: () => void) => void;

export function createPace(): Pace {
  const due = new Set<() => void>();
  let turn = 0;
  return (work) => {
    due.add(work);
    if (due.size > 1) return;
    const mine = ++turn;
    plan(() => {
      if (mine !== turn) return;
      turn += 1;
      const works = [...due];
      due.clear();
      for (const each of works) each();
    });
  };
}

function plan(run: () => void): void {
  if (typeof document === "undefined") return queueMicrotask(run);
  const seen = document.visibilityState === "visible";
  if (seen) requestAnimationFrame(run);
  // A page that is hidden after it asked for a frame gets none: the timer comes instead.
  setTimeout(run, seen ? 100 : 0);
}
