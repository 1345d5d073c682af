// Calls a function of the app: what it throws is shown as an uncaught error and stops nobody else.

export function call<A extends readonly unknown[]>(listener: ((...args: A) => void) | undefined, ...args: A): void {
  try {
    listener?.(...args);
  } catch (error) {
    if ("reportError" in globalThis) reportError(error);
    else console.error(error);
  }
}
