// What lies between a worker and the service: sees every request, and has the faults of a network and of a service in
// trouble to switch on. Otherwise requests and answers pass untouched, and the service decides.

import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly at: number;
  readonly authorization: string | undefined;
  /** The reports of the request; of a creation, its body. */
  readonly items: readonly { readonly [field: string]: unknown }[];
  /** What it was answered; null = nothing. */
  status: number | null;
}

/** `lose`: the request gets through, its answer does not. */
type Passage = "pass" | "cut" | "lose" | { readonly status: number; readonly retryAfter?: number };

export class Tap {
  readonly seen: Seen[] = [];
  passage: Passage = "pass";
  readonly #server: Server;

  private constructor(readonly target: number) {
    this.#server = createServer((asked, answer) => void this.#take(asked, answer).catch(() => answer.destroy()));
  }

  static async start(target: number): Promise<Tap> {
    const tap = new Tap(target);
    tap.#server.listen(0, "127.0.0.1");
    await once(tap.#server, "listening");
    return tap;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The requests that carried reports. */
  get reports(): readonly Seen[] {
    return this.seen.filter(({ path }) => path.endsWith("/reports"));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #take(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = Buffer.concat((await asked.toArray()) as Buffer[]);
    const json: unknown = body.length > 0 ? JSON.parse(body.toString()) : [];
    const items = (Array.isArray(json) ? json : [json]) as Seen["items"];
    const seen: Seen = {
      method: asked.method ?? "", path: asked.url ?? "", at: performance.now(), items, status: null,
      authorization: asked.headers.authorization,
    };
    this.seen.push(seen);
    const { passage } = this;
    if (passage === "cut") return void answer.destroy();
    if (typeof passage === "object") {
      seen.status = passage.status;
      const asksTime = passage.retryAfter !== undefined && { "retry-after": String(passage.retryAfter) };
      return void answer.writeHead(passage.status, { ...asksTime }).end("{}");
    }
    const forwarded = request({ port: this.target, host: "127.0.0.1", method: asked.method, path: asked.url, headers: asked.headers });
    forwarded.end(body);
    const [from] = await once(forwarded, "response") as [IncomingMessage];
    const said = Buffer.concat((await from.toArray()) as Buffer[]);
    if (passage === "lose") return void answer.destroy();
    seen.status = from.statusCode ?? null;
    answer.writeHead(from.statusCode ?? 502, from.headers).end(said);
  }
}
