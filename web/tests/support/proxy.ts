// What lies between a browser and the service, with the faults of a real network to switch on: cut, refused, hung,
// slow, or a middlebox that lets one of the transports not through. Bytes are forwarded untouched. Listens on loopback,
// so that the page's origin and the Host it sends are the proxy's, as the service wants.

import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { requestHead, type RequestKind } from "./head.ts";

/** `refuse` answers 502; `mute` lets the request through, and of the answer only its head. */
export type Passage = "pass" | "refuse" | "mute";

interface Line {
  readonly browser: Socket;
  readonly service: Socket;
  /** What the request under way on it asks for. */
  kind: RequestKind;
  /** How that request was met: what is switched later is for later ones. */
  passage: Passage;
  /** Whether of a muted answer the head went by, or anything was swallowed: nothing more goes by then. */
  silent: boolean;
}

const REFUSAL = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

export class Proxy {
  /** What becomes of connections: `refuse` closes new ones at once, `hang` swallows whatever is sent on any. */
  accept: "pass" | "refuse" | "hang" = "pass";
  websocket: Passage = "pass";
  events: Passage = "pass";
  /** Milliseconds that everything takes longer, in each direction. */
  delay = 0;
  /** How many requests of each kind went by. */
  readonly seen: Record<RequestKind, number> = { websocket: 0, events: 0, polling: 0, other: 0 };
  /** The paths that were asked for. */
  readonly paths = new Set<string>();
  readonly #server: Server;
  readonly #lines = new Set<Line>();

  private constructor(readonly target: number) {
    this.#server = createServer((browser) => this.#take(browser));
  }

  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many connections carry a stream of this kind now. */
  open(kind: RequestKind): number {
    return [...this.#lines].filter((line) => line.kind === kind).length;
  }

  /** Ends every connection, as a cable that is pulled: no goodbye. With a kind, only those that carry it. */
  cut(kind?: RequestKind): void {
    for (const line of this.#lines) {
      if (kind && line.kind !== kind) continue;
      line.browser.resetAndDestroy();
    }
  }

  /** Cuts everything and lets nothing in, until `restore`. */
  sever(): void {
    this.accept = "refuse";
    this.cut();
  }

  restore(): void {
    this.accept = this.websocket = this.events = "pass";
    this.delay = 0;
    for (const line of this.#lines) if (line.silent) line.browser.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #take(browser: Socket): void {
    browser.on("error", () => browser.destroy()).setNoDelay();
    if (this.accept === "refuse") return void browser.resetAndDestroy();
    const service = connect(this.target, "127.0.0.1").setNoDelay();
    const line: Line = { browser, service, kind: "other", passage: "pass", silent: false };
    this.#lines.add(line);
    service.on("error", () => browser.destroy());
    browser.on("close", () => { this.#lines.delete(line); service.destroy(); });
    service.on("close", () => browser.destroySoon());
    browser.on("data", (bytes) => this.#ask(line, bytes));
    service.on("data", (bytes) => this.#answer(line, bytes));
  }

  #ask(line: Line, bytes: Buffer): void {
    if (this.#swallows(line)) return;
    // What follows an upgrade begins no request: it is masked, and could look like anything.
    const head = line.kind === "websocket" ? null : requestHead(bytes);
    if (head) {
      const { kind, path } = head;
      line.kind = kind;
      this.paths.add(path);
      line.passage = kind === "websocket" ? this.websocket : kind === "events" ? this.events : "pass";
      this.seen[kind]++;
      if (line.passage === "refuse") return void line.browser.end(REFUSAL);
    }
    this.#forward(line.service, bytes);
  }

  #answer(line: Line, bytes: Buffer): void {
    if (this.#swallows(line)) return;
    if (line.passage !== "mute") return this.#forward(line.browser, bytes);
    line.silent = true;
    const end = bytes.indexOf("\r\n\r\n");
    this.#forward(line.browser, bytes.subarray(0, end < 0 ? bytes.length : end + 4));
  }

  #swallows(line: Line): boolean {
    if (this.accept === "hang") line.silent = true;
    return line.silent;
  }

  #forward(to: Socket, bytes: Buffer): void {
    if (this.delay === 0) return void to.write(bytes);
    setTimeout(() => { if (!to.destroyed) to.write(bytes); }, this.delay);
  }
}
