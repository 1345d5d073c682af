// The full seconds of this machine's clock. One timer for all who show time passing, and none where nothing does.

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

// At full seconds, so that all counters on a page change together.
function schedule(): void {
  timer = setTimeout(() => {
    schedule();
    for (const listener of listeners) listener();
  }, 1000 - (Date.now() % 1000));
}

/** Calls `listener` each second until the returned function is called. */
export function everySecond(listener: () => void): () => void {
  const own = () => listener();
  listeners.add(own);
  if (listeners.size === 1) schedule();
  return () => {
    listeners.delete(own);
    if (listeners.size === 0) clearTimeout(timer);
  };
}
