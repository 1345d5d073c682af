// Timers by purpose, one of each at a time: setting one again replaces it.

export interface Timers<Purpose extends string> {
  set(purpose: Purpose, time: number, act: () => void): void;
  cancel(...purposes: Purpose[]): void;
  runs(purpose: Purpose): boolean;
}

export function createTimers<Purpose extends string>(): Timers<Purpose> {
  const running = new Map<Purpose, ReturnType<typeof setTimeout>>();

  function cancel(...purposes: Purpose[]): void {
    for (const purpose of purposes) {
      clearTimeout(running.get(purpose));
      running.delete(purpose);
    }
  }

  return {
    cancel,
    runs: (purpose) => running.has(purpose),
    set: (purpose, time, act) => {
      cancel(purpose);
      running.set(purpose, setTimeout(() => {
        running.delete(purpose);
        act();
      }, time));
    },
  };
}
