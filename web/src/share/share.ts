// Who holds the connection: a worker, one of the tabs, or this page alone. Tabs share only where service, project,
// transports and credentials are the same; a page whose credentials change moves on.

import type { Bearer } from "../bearer.ts";
import type { ClientOptions } from "../client.ts";
import type { Connection } from "../connection.ts";
import type { Host, Port, Update } from "../port.ts";
import { identityOf } from "./identity.ts";
import { elect } from "./leader.ts";
import { hire } from "./worker.ts";

const CONNECTING: Connection = { state: "connecting", transport: null, heardAt: null, staleSince: null };

/** `engine` makes what holds the connection in this page; it asks `token` for each connection. */
export function createShared(options: ClientOptions, bearer: Bearer, engine: (token: () => Promise<string | null>) => Host): Host {
  const { share = true, project, transports } = options;
  const url = new URL(options.url || "/", globalThis.location?.href).href;
  const able = share !== false && typeof document === "object" && "locks" in navigator && "BroadcastChannel" in globalThis;
  let worker = able && typeof share === "function" ? share : null;

  return {
    attach(listener) {
      let port: Port | null = null;
      let stop = new AbortController();

      async function open(): Promise<void> {
        close();
        const { signal } = (stop = new AbortController());
        listener({ type: "connection", connection: CONNECTING });
        const who = identityOf(able ? await bearer.current() : null);
        if (signal.aborted) return;

        // Another user's token must not open the connection of those who share this one.
        async function token(): Promise<string | null> {
          const next = await bearer.next();
          if (!able || identityOf(next) === who) return next;
          if (!signal.aborted) void open();
          return null;
        }

        function use(next: Port): void {
          if (signal.aborted) return next.close();
          port = next;
          listener({ type: "detached" });
        }

        function update(update: Update): void {
          if (signal.aborted) return;
          if (update.type === "token") void token().then((token) => signal.aborted || port?.send({ op: "token", token }));
          else listener(update);
        }

        const name = JSON.stringify(["milepost", url, project, transports, who]);
        const seat = { name, signal, use, update };
        if (!able || who === null) use(engine(token).attach(update));
        else if (worker) {
          hire(worker, { name, url, project, transports, token: options.token !== undefined }, seat, () => {
            worker = null;
            void open();
          });
        } else elect({ ...seat, host: engine(token) });
      }

      function close(): void {
        stop.abort();
        port?.close();
        port = null;
      }

      void open();
      return { send: (command) => port?.send(command), close };
    },
  };
}
