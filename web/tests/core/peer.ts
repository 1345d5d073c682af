// The service's end of a socket, and of a stream of events, in place of the network. A socket obeys commands by itself;
// what is said beyond that is for the tests to say.

import { NOW, type Query, selects } from "./frame.ts";
import type { Service } from "./service.ts";

/** One WebSocket, from the service's side. */
export class Socket {
  static all: Socket[] = [];
  static service: Service;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  open = false;
  closedByClient = false;
  readonly heard: Record<string, unknown>[] = [];
  readonly subscriptions = new Map<number, Query>();
  #authorized: boolean;

  constructor(
    readonly url: string,
    readonly protocols: readonly string[],
  ) {
    const { service } = Socket;
    Socket.all.push(this);
    const bearer = protocols.find((name) => name.startsWith("bearer."))?.slice(7);
    this.#authorized = service.admits(bearer);
    if (service.ways.websocket === "mute") return;
    setTimeout(() => {
      if (this.closedByClient) return;
      if (service.ways.websocket === "refused" || (bearer && !this.#authorized)) return this.shut(1006, "");
      this.open = true;
      this.onopen?.();
    }, 1);
  }

  send(text: string): void {
    const command = JSON.parse(text) as Record<string, unknown> & Query & { op: string; id: number };
    this.heard.push(command);
    // What the client says is answered on its way back, not while it speaks.
    setTimeout(() => this.open && this.#obey(command), 1);
  }

  close(): void {
    this.closedByClient = true;
    this.open = false;
  }

  say(message: object | string): void {
    if (this.open) this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }

  shut(code: number, reason: string): void {
    this.open = false;
    this.onclose?.({ code, reason });
  }

  end(id: number): void {
    this.subscriptions.delete(id);
    this.say({ type: "end", id, reason: "finished" });
  }

  #obey(command: Record<string, unknown> & Query & { op: string; id: number }): void {
    const { service } = Socket;
    const { op, id } = command;
    if (service.ways.websocket !== "up") return;
    if (op === "auth") {
      if (!service.admits(String(command["token"]))) return this.#unauthorized();
      this.#authorized = true;
      return this.say({ type: "authorized", expires_at: NOW });
    }
    if (!this.#authorized) return this.#unauthorized();
    if (op === "unsubscribe") {
      this.subscriptions.delete(id);
      return this.say({ type: "unsubscribed", id });
    }
    if (command.summary) {
      this.say({ type: "subscribed", id, cursor: null });
      return this.say({ type: "summary", data: service.summary() });
    }
    if (service.unknown(command)) return this.say({ type: "error", id, code: "not_found", message: "no such job" });
    this.say({ type: "subscribed", id, cursor: command.cursor ?? null });
    const { frames, reset } = service.since(command);
    if (reset) this.say({ type: "reset", id });
    const others = [...this.subscriptions].filter(([number]) => number !== id);
    for (const one of frames) if (!others.some(([, query]) => selects(query, one))) this.say(one);
    this.subscriptions.set(id, command);
    this.say({ type: "synced", id, cursor: others.length ? null : service.cursor });
    if (service.allEnded(command)) this.end(id);
  }

  #unauthorized(): void {
    this.say({ type: "error", code: "unauthorized", message: "say auth" });
    this.shut(4401, "unauthorized");
  }
}

/** One stream of events, from the service's side. */
export class Stream {
  closed = false;
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  constructor(
    readonly query: Query,
    readonly authorization: string | null,
    controller: ReadableStreamDefaultController<Uint8Array>,
  ) {
    this.#controller = controller;
  }

  say(event: string, data: unknown, id: string | null = null): void {
    const name = event === "message" ? "" : `event: ${event}\n`;
    if (!this.closed) {
      this.#controller.enqueue(
        new TextEncoder().encode(`${name}${id === null ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`),
      );
    }
  }

  end(reason: string | null, more: object = {}): void {
    if (reason !== null) this.say("end", { reason, ...more });
    if (!this.closed) this.#controller.close();
    this.closed = true;
  }

  break(): void {
    if (!this.closed) this.#controller.error(new TypeError("network"));
    this.closed = true;
  }
}
