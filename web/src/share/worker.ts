// A SharedWorker holds the connection for all tabs. One that does not answer is given up for good.

import type { Hello } from "../worker.ts";
import type { Seat } from "./leader.ts";
import { openWire } from "./wire.ts";

/** `again` is called when a worker that answered before does so no more: it was stopped, or took this page
 * for frozen. */
export function connectWorker(
  make: () => SharedWorker,
  hello: Omit<Hello, "lock">,
  { name, signal, use, update, failed }: Omit<Seat, "host">,
  again: () => void,
): void {
  const worker = make();
  const lock = `${name} ${crypto.randomUUID()}`;
  let seated = false;
  const leave = openWire(worker.port, lock, {
    update,
    knock: () => worker.port.postMessage({ ...hello, lock } satisfies Hello),
    ready(port) {
      seated = true;
      use(port);
    },
    lost: () => (seated ? again() : failed()),
  });
  worker.onerror = () => {
    leave();
    failed();
  };
  signal.addEventListener("abort", leave);
}
