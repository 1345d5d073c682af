// What this browser keeps between visits. A browser may be set to refuse its storage, and throws then: the page does
// without. Nothing secret belongs here.

/** What was kept under a name, or null; never anything that `check` does not take. */
export function recall<T>(name: string, check: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(`milepost.${name}`) ?? "null");
    return check(value) ? value : null;
  } catch {
    return null;
  }
}

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(`milepost.${name}`, JSON.stringify(value));
  } catch {
    // Full, or refused: the next visit starts afresh.
  }
}

/** Calls `listener` when another tab has kept something under a name. */
export function onRemembered(name: string, listener: () => void): () => void {
  const heard = (event: StorageEvent) => {
    if (event.key === `milepost.${name}`) listener();
  };
  addEventListener("storage", heard);
  return () => removeEventListener("storage", heard);
}
