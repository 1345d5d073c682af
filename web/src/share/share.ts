// Who holds the connection: a worker, one of the tabs, or this page alone. Tabs share only where service, project,
// transports and credentials are the same; a page whose credentials change moves on.

import type { TokenSource } from "../token-source.ts";
import type { ClientOptions } from "../client.ts";
import type { Host, Port, Update } from "../port.ts";
import { identityOf } from "./identity.ts";
import { elect } from "./leader.ts";
import { CONNECTING } from "./wire.ts";
import { connectWorker } from "./worker.ts";

type Token = () => Promise<string | null>;

/** `engine` makes what holds the connection in this page; it asks `token` for each connection. */
export function createShared(options: ClientOptions, tokens: TokenSource, engine: (token: Token) => Host): Host {
  const { share = true, project, transports } = options;
  const page = typeof document === "object" && "locks" in navigator && "BroadcastChannel" in globalThis;
  let able = page && share !== false;
  let worker = able && typeof share === "function" ? share : null;

  return {
    attach(listener) {
      let port: Port | null = null;
      let stop = new AbortController();

      async function open(): Promise<void> {
        close();
        const { signal } = (stop = new AbortController());
        listener({ type: "connection", connection: CONNECTING });
        const who = identityOf(able ? await tokens.current() : null);
        if (signal.aborted) return;

        // Another user's token must not open the connection of those who share this one.
        async function token(): Promise<string | null> {
          const next = await tokens.next();
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
          if (update.type !== "token") return listener(update);
          void token().then((token) => signal.aborted || port?.send({ op: "token", token }));
        }

        // From a worker to the tabs, from the tabs to this page alone.
        function failed(): void {
          if (signal.aborted) return;
          if (worker) worker = null;
          else able = false;
          void open();
        }

        const url = able ? new URL(options.url || "/", location.href).href : options.url;
        const name = JSON.stringify(["milepost", url, project, transports, who]);
        const seat = { name, signal, use, update, failed };
        if (!able || who === null) return use(engine(token).attach(update));
        try {
          const hello = { name, url, project, transports, token: options.token !== undefined };
          if (worker) connectWorker(worker, hello, seat, () => void open());
          else elect({ ...seat, host: engine(token) });
        } catch {
          failed();
        }
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
