// Both ends of a line between a page and who holds the connection, over a channel or the port of a worker. A page holds
// a lock as long as it lives, which the other end waits for: the browser gives it up even where the page crashes. The
// page asks for a sign of life, because the answering of messages is not slowed down in hidden tabs, as timers are.

import type { Command, Host, Port, Update } from "../port.ts";

/** A `BroadcastChannel` of two, or a `MessagePort`. */
export interface Wire {
  onmessage: ((event: MessageEvent) => unknown) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** How often a page asks for a sign of life, in milliseconds. */
export const BEAT = 2_000;
/** A page that asked for none for so many beats is frozen: it will attach again when it wakes. */
const FROZEN = 90;

/** The page's end. `knock` makes the other end attach; `ready` is called once it answers, `lost` if it does not. */
export function openWire(
  wire: Wire,
  lock: string,
  on: { knock(): void; ready(port: Port): void; lost(): void; update(update: Update): void },
): () => void {
  const stop = new AbortController();
  let ready = false;
  let missed = 0;
  const port: Port = { send: (command) => wire.postMessage(command), close };
  const timer = setInterval(() => {
    missed += 1;
    if (missed > (ready ? 2 : 1)) {
      close();
      on.lost();
    } else wire.postMessage("ping");
  }, BEAT);
  wire.onmessage = ({ data }: MessageEvent<Update | "pong">) => {
    missed = 0;
    if (data !== "pong") return on.update(data);
    if (!ready) on.ready(port);
    ready = true;
  };
  hold(lock, stop.signal, on.knock);
  function close(): void {
    if (stop.signal.aborted) return;
    wire.postMessage("bye");
    wire.onmessage = null;
    wire.close();
    clearInterval(timer);
    stop.abort();
  }
  return close;
}

/** The holder's end; gives what closes it. */
export function serveWire(host: Host, wire: Wire, lock: string, heard: (command: Command) => void, closed: () => void): () => void {
  const stop = new AbortController();
  let silent = 0;
  const port = host.attach((update) => wire.postMessage(update));
  const timer = setInterval(() => ++silent > FROZEN && close(), BEAT);
  wire.onmessage = ({ data }: MessageEvent<Command | "ping" | "bye">) => {
    silent = 0;
    if (data === "ping") wire.postMessage("pong");
    else if (data === "bye") close();
    else {
      heard(data);
      port.send(data);
    }
  };
  wire.postMessage("pong");
  navigator.locks.request(lock, { signal: stop.signal }, close).catch(() => {});
  function close(): void {
    if (stop.signal.aborted) return;
    stop.abort();
    clearInterval(timer);
    port.close();
    wire.onmessage = null;
    wire.close();
    closed();
  }
  return close;
}

/** Holds a lock until the signal, and calls `got` once it is held. */
function hold(lock: string, signal: AbortSignal, got: () => void): void {
  const held = (): Promise<void> =>
    new Promise((release) => {
      if (signal.aborted) return release();
      signal.addEventListener("abort", () => release());
      got();
    });
  navigator.locks.request(lock, { signal }, held).catch(() => {});
}
