// One of the tabs holds the connection for all: whoever has the lock leads. The others are told over a channel each. When
// the leader is closed or crashes the browser gives the lock to the next; a leader that is frozen is deposed.

import type { Host, Port, Update } from "../port.ts";
import { openWire, serveWire } from "./wire.ts";

export interface Seat {
  /** What all tabs that may share a connection have in common, and no others. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** The holder of the connection, should it be this tab. */
  readonly host: Host;
  /** Who is to be spoken to from now on. */
  use(port: Port): void;
  update(update: Update): void;
}

export function elect({ name, signal, host, use, update }: Seat): void {
  const hall = new BroadcastChannel(name);
  const served = new Set<() => void>();
  let queue = new AbortController();
  /** Ends the leadership; null = somebody else leads. */
  let resign: (() => void) | null = null;
  let leave = (): void => {};

  // Said to everybody: the name of the channel of one who asks to be served; an empty word, that there is a new leader.
  hall.onmessage = ({ data }: MessageEvent<string>) => {
    if (resign === null) {
      if (!data) follow();
    } else if (data) {
      const close = serveWire(host, new BroadcastChannel(data), data, () => {}, () => served.delete(close));
      served.add(close);
    }
  };

  function follow(): void {
    leave();
    let seated = false;
    const own = `${name} ${crypto.randomUUID()}`;
    leave = openWire(new BroadcastChannel(own), own, {
      update,
      knock: () => hall.postMessage(own),
      ready(port) {
        seated = true;
        use(port);
      },
      // One that answered before may have taken this tab for frozen; one that does not answer is frozen itself.
      lost: () => (seated ? follow() : stand({ steal: true })),
    });
  }

  function stand(options: LockOptions): void {
    queue.abort();
    queue = new AbortController();
    const asked = options.steal ? options : { signal: queue.signal };
    navigator.locks.request(name, asked, lead).catch(() => {
      // The leadership was taken away.
      if (!resign || signal.aborted) return;
      resign();
      stand({});
      follow();
    });
  }

  function lead(): Promise<void> {
    leave();
    if (signal.aborted) return Promise.resolve();
    const port = host.attach(update);
    use(port);
    hall.postMessage("");
    return new Promise((release) => {
      resign = () => {
        resign = null;
        port.close();
        for (const close of served) close();
        release();
      };
    });
  }

  stand({});
  follow();
  signal.addEventListener("abort", () => {
    queue.abort();
    resign?.();
    leave();
    hall.close();
  });
}
