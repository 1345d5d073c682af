// The end of the process, as it is told by a signal: jobs are asked to stop, those that do not are reported
// `interrupted`, what waits is delivered, and the process ends as it would have.

/** Those that ask a process to end. */
export type Signal = "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGQUIT" | "SIGBREAK";

/**
 * Listens until the function that it gives back is called; does nothing where there are no signals. `wind` ends all
 * jobs, and resolves when they have said so or have had their time.
 */
export function onSignals(signals: readonly Signal[], wind: () => Promise<void>): () => void {
  const { process } = globalThis;
  if (typeof process?.on !== "function") return () => {};
  let told = false;
  const listener = (signal: Signal): void => {
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
