// Work that is due once per painted frame, however often it is asked for. A hidden page paints nothing: there it is
// done after a while, so that titles and notifications keep up.

const LONGEST = 500;

/** A function that has `work` done soon, once. */
export function nextFrame(work: () => void): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    const run = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      due = false;
      work();
    };
    const frame = requestAnimationFrame(run);
    const timer = setTimeout(run, LONGEST);
  };
}
