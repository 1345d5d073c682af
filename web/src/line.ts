// A page's line to whoever holds the connection, which outlives that one: what was asked for is asked again of the next.
// Also tells whether the page is seen and the network there, answers for the token, and lets go while the page is kept
// in the back/forward cache, where no connection may be held.

import type { Bearer } from "./bearer.ts";
import type { Command, Host, Port, Update } from "./port.ts";

export interface Line {
  send(command: Command): void;
  close(): void;
}

export function createLine(host: Host, bearer: Bearer, listener: (update: Update) => void): Line {
  const watches = new Map<number, Command>();
  let summary = false;
  let port: Port | null = null;
  let attached = 0;
  let closed = false;

  function send(command: Command): void {
    if (command.op === "watch") watches.set(command.watch, command);
    if (command.op === "unwatch") watches.delete(command.watch);
    if (command.op === "summary") summary = command.on;
    if (port) port.send(command);
    else attach();
  }

  // Nothing is opened before something is wanted.
  function attach(): void {
    if (port || closed || (watches.size === 0 && !summary)) return;
    const mine = ++attached;
    port = host.attach((update) => mine === attached && hear(update));
    see();
    online();
    if (summary) port.send({ op: "summary", on: true });
    for (const [watch, command] of watches) {
      if (mine > 1) listener({ type: "reset", watch });
      port.send(command);
    }
  }

  function hear(update: Update): void {
    if (update.type === "detached") {
      detach();
      attach();
    } else if (update.type === "token") {
      const mine = attached;
      void bearer.next().then((token) => mine === attached && port?.send({ op: "token", token }));
    } else listener(update);
  }

  function detach(): void {
    attached += 1;
    port?.close();
    port = null;
  }

  const page = typeof document === "object";
  const see = (): void => port?.send({ op: "visible", visible: !page || document.visibilityState === "visible" });
  const online = (): void => port?.send({ op: "online", online: !page || navigator.onLine });
  const handlers: [EventTarget, string, () => void][] = page
    ? [
        [document, "visibilitychange", see],
        [window, "online", online],
        [window, "offline", online],
        [window, "pagehide", detach],
        [window, "pageshow", attach],
      ]
    : [];
  for (const [target, type, handler] of handlers) target.addEventListener(type, handler);

  return {
    send,
    close() {
      closed = true;
      detach();
      for (const [target, type, handler] of handlers) target.removeEventListener(type, handler);
    },
  };
}
