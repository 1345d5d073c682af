// A SharedWorker holds the connection for all tabs. One that cannot be started, or dies, is given up for good.

import { openWire } from "./wire.ts";
import type { Seat } from "./leader.ts";
import type { Hire } from "../worker.ts";

export function hire(make: () => SharedWorker, letter: Omit<Hire, "lock">, { name, signal, use, update }: Omit<Seat, "host">, failed: () => void): void {
  let worker: SharedWorker;
  try {
    worker = make();
  } catch {
    return failed();
  }
  const lock = `${name} ${crypto.randomUUID()}`;
  const hired: Hire = { ...letter, lock };
  const leave = openWire(worker.port, lock, { update, knock: () => worker.port.postMessage(hired), ready: use, lost: failed });
  worker.onerror = () => {
    leave();
    failed();
  };
  signal.addEventListener("abort", leave);
}
