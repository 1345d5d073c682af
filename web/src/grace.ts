// What is let go of a moment later, unless it is wanted again by then: one timer, however much waits for it.

/** The least that a grace lasts, in milliseconds; twice as long at most. */
export const GRACE = 500;

export type Grace = (work: () => void) => void;

export function createGrace(): Grace {
  let old: (() => void)[] = [];
  let young: (() => void)[] = [];
  let timer = false;
  function turn(): void {
    const due = old;
    old = young;
    young = [];
    timer = old.length > 0;
    if (timer) setTimeout(turn, GRACE);
    for (const work of due) work();
  }
  return (work) => {
    young.push(work);
    if (!timer) setTimeout(turn, GRACE);
    timer = true;
  };
}
