// The holder of the connection, fetched when it is first needed: of many tabs only one does.

import type { Host, Port } from "../port.ts";

/** How long to wait before it is fetched again where that failed, in milliseconds. */
const PAUSE = 2_000;

export function createLate(load: () => Promise<Host>): Host {
  let loading: Promise<Host> | undefined;
  async function insist(): Promise<Host> {
    for (;;) {
      try {
        return await load();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }
  return {
    attach(listener) {
      let port: Port | null = null;
      let closed = false;
      loading ??= insist();
      void loading.then((host) => {
        if (closed) return;
        port = host.attach(listener);
        listener({ type: "detached" });
      });
      return {
        send: (command) => port?.send(command),
        close() {
          closed = true;
          port?.close();
        },
      };
    },
  };
}
