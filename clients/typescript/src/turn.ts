// A turn of the event loop, by whatever the runtime has for it. A promise alone lets no timer and no answer through.

export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
