// A page's line to whoever holds the connection, which outlives that one: what was asked for is asked again of the next.
// Also tells whether the page is seen and the network there, and lets go while the page is kept in the back/forward
// cache, where no connection may be held.

import type { Command, Host, Port, Update } from "./port.ts";

export interface Line {
  send(command: Command): void;
  close(): void;
}

export function createLine(host: Host, listener: (update: Update) => void): Line {
  const watches = new Map<number, Command>();
  let summary = false;
  let port: Port | null = null;
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
    let current = true;
    const { send, close } = host.attach((update) => {
      if (!current) return;
      if (update.type === "detached") tell();
      else listener(update);
    });
    port = {
      send,
      close() {
        current = false;
        close();
      },
    };
    tell();
  }

  // All that whoever holds the connection must know, from the beginning.
  function tell(): void {
    see();
    online();
    if (summary) port?.send({ op: "summary", on: true });
    for (const [watch, command] of watches) {
      listener({ type: "reset", watch });
      port?.send(command);
    }
  }

  function detach(): void {
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
