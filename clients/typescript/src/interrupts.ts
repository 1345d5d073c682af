// The end of the process, as it is told by a signal: jobs are asked to stop, those that do not are reported
// `interrupted`, what waits is delivered, and the process ends as it would have.

export interface Interrupts {
  /** Asks all jobs to stop; resolves when they have ended and said so, or have had their time. */
  (): Promise<void>;
}

/** Listens until the function that it gives back is called. Where there are no signals, it does nothing. */
export function onSignals(signals: readonly NodeJS.Signals[], wind: Interrupts): () => void {
  const { process } = globalThis;
  if (typeof process?.on !== "function") return () => {};
  let told = false;
  const listener = (signal: NodeJS.Signals): void => {
    if (told) return;
    told = true;
    void wind().finally(() => {
      ignore();
      // Who else listens decides about the end.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  };
  const ignore = (): void => signals.forEach((signal) => process.off(signal, listener));
  signals.forEach((signal) => process.on(signal, listener));
  return ignore;
}
