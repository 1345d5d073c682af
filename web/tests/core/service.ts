// A service in miniature, in place of the network: jobs with versions, cursors that mean something, and the three ways
// to watch them, each of which can be switched off. What it says is worded as the contract has it.

import { vi } from "vitest";
import type { TransportName } from "../../src/connection.ts";
import type { Frame, Status } from "../../src/job.ts";
import { NOW, type Query, selects } from "./frame.ts";
import { Socket, Stream } from "./peer.ts";

type Condition = "up" | "refused" | "mute";

interface Asked {
  readonly path: string;
  readonly query: Query;
  readonly wait: number;
  readonly authorization: string | null;
}

export class Service {
  readonly ways: Record<TransportName, Condition> = { websocket: "up", events: "up", polling: "up" };
  readonly jobs = new Map<string, { frame: Frame; revision: number }>();
  readonly streams: Stream[] = [];
  readonly asked: Asked[] = [];
  /** Which tokens are good; null = none is needed. */
  tokens: string[] | null = null;
  /** What every request is answered with, where it is not answered as usual. */
  answer: { status: number; body?: object; headers?: Record<string, string> } | null = null;
  /** Cursors of before this revision are too old. */
  oldest = 0;
  revision = 0;

  constructor() {
    Socket.all = [];
    Socket.service = this;
    vi.stubGlobal("WebSocket", Socket);
    vi.stubGlobal("fetch", (url: string, options: RequestInit) => this.#fetch(new URL(url), options));
  }

  get sockets(): readonly Socket[] {
    return Socket.all;
  }

  get socket(): Socket {
    const last = Socket.all.at(-1);
    if (!last) throw new Error("nobody has opened a socket");
    return last;
  }

  get polls(): readonly Asked[] {
    return this.asked.filter(({ path }) => path === "progress");
  }

  get cursor(): string {
    return `c${this.revision}`;
  }

  admits(token: string | undefined): boolean {
    return this.tokens === null || (token !== undefined && this.tokens.includes(token));
  }

  unknown(query: Query): boolean {
    return !query.cursor && [query.job ?? []].flat().some((id) => !this.jobs.has(id));
  }

  allEnded(query: Query): boolean {
    const ids = [query.job ?? []].flat();
    return ids.length > 0 && ids.every((id) => this.jobs.get(id)?.frame.data.finished_at ?? !this.jobs.has(id));
  }

  since(query: Query): { frames: Frame[]; reset: boolean } {
    const at = query.cursor === undefined ? 0 : Number(query.cursor.slice(1));
    const reset = query.cursor !== undefined && at < this.oldest;
    const newer = [...this.jobs.values()].filter(({ revision }) => reset || revision > at);
    // What left a selection by status since the cursor is given once more.
    const { status: _, ...rest } = query;
    const wanted = at && !reset ? rest : query;
    return { frames: newer.map((one) => one.frame).filter((one) => selects(wanted, one)), reset };
  }

  summary(): object {
    return {
      total: this.jobs.size,
      stalled: 0,
      by_status: {},
      by_kind: {},
      last_24h: { completed: 0, failed: 0, cancelled: 0 },
    };
  }

  /** A worker reports: whoever watches is told, where anything gets through. */
  put(...frames: Frame[]): void {
    for (const one of frames) {
      const before = this.jobs.get(one.data.id)?.frame;
      this.revision += 1;
      this.jobs.set(one.data.id, { frame: one, revision: this.revision });
      const wants = (query: Query) => selects(query, one) || (before !== undefined && selects(query, before));
      for (const socket of this.sockets) {
        if (![...socket.subscriptions.values()].some(wants)) continue;
        socket.say(one);
        for (const [id, query] of [...socket.subscriptions]) if (this.allEnded(query)) socket.end(id);
      }
      for (const stream of this.streams) {
        if (!wants(stream.query)) continue;
        stream.say("message", one, this.cursor);
        if (this.allEnded(stream.query)) stream.end("finished");
      }
    }
  }

  remove(id: string): void {
    this.jobs.delete(id);
    for (const socket of this.sockets) socket.say({ type: "gone", job: id });
    for (const stream of this.streams) stream.say("gone", { job: id });
  }

  ping(): void {
    for (const socket of this.sockets) socket.say({ type: "ping", timestamp: NOW, cursor: this.cursor });
    for (const stream of this.streams) stream.say("ping", { timestamp: NOW, cursor: this.cursor }, this.cursor);
  }

  /** Every connection breaks, as when a cable is pulled or the service killed. */
  cut(): void {
    for (const socket of this.sockets) if (socket.open) socket.shut(1006, "");
    for (const stream of this.streams) stream.break();
  }

  /** From now on nothing gets through, or everything does. */
  all(condition: Condition): void {
    this.ways.websocket = this.ways.events = this.ways.polling = condition;
  }

  async #fetch(url: URL, { headers, signal }: RequestInit): Promise<Response> {
    const path = url.pathname.split("/").at(-1) ?? "";
    const authorization = new Headers(headers).get("authorization");
    const query: Query = {
      ...Object.fromEntries(url.searchParams),
      ...(url.searchParams.has("job") ? { job: url.searchParams.getAll("job") } : {}),
      ...(url.searchParams.has("status") ? { status: url.searchParams.getAll("status") as Status[] } : {}),
    };
    const wait = Number(url.searchParams.get("wait"));
    this.asked.push({ path, query, wait, authorization });
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    });
    aborted.catch(() => {});
    const condition = this.ways[path === "events" ? "events" : "polling"];
    if (condition === "mute") return aborted;
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (condition === "refused") throw new TypeError("fetch failed");
    if (this.answer) {
      return new Response(JSON.stringify(this.answer.body ?? {}), {
        status: this.answer.status,
        headers: this.answer.headers ?? {},
      });
    }
    if (!this.admits(authorization?.slice(7))) return problem(401, "invalid_token");
    if (path === "summary") return Response.json(this.summary());
    if (path === "history") return this.#history(url.pathname.split("/").at(-2) ?? "", query);
    if (url.pathname.includes("/jobs/")) {
      const found = this.jobs.get(path);
      return found ? Response.json(found.frame) : problem(404, "not_found");
    }
    if (this.unknown(query)) return problem(404, "not_found");
    return path === "events"
      ? this.#events(query, authorization, signal)
      : Promise.race([aborted, this.#page(query, wait)]);
  }

  #history(id: string, query: Query & { after?: string }): Response {
    const found = this.jobs.get(id)?.frame;
    if (!found) return problem(404, "not_found");
    const { version, kind, status, finished_at } = found.data;
    const lines = ["created", "started", ...(finished_at ? [status] : [])].map((what, n) => ({
      number: n + 1, version: n < 2 ? 1 : version, at: NOW, type: `${kind}:${what}`, data: {},
    }));
    return Response.json({ items: lines.filter(({ number }) => number > Number(query.after)), next: null });
  }

  async #page(query: Query, wait: number): Promise<Response> {
    const until = Date.now() + wait * 1000;
    for (;;) {
      const { frames, reset } = this.since(query);
      if (frames.length || reset || Date.now() >= until) {
        return Response.json({ cursor: this.cursor, reset, poll_after_ms: frames.length ? 2000 : 5000, items: frames });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #events(query: Query, authorization: string | null, signal: AbortSignal | null | undefined): Response {
    if (query.cursor && this.allEnded(query) && !this.since(query).frames.length) return new Response(null, { status: 204 });
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const stream = new Stream(query, authorization, controller);
        this.streams.push(stream);
        signal?.addEventListener("abort", () => stream.break());
        if (this.ways.events === "mute") return;
        const { frames, reset } = this.since(query);
        if (reset) stream.say("reset", {});
        for (const one of frames) stream.say("message", one);
        stream.say("synced", { cursor: this.cursor }, this.cursor);
        if (query.summary) stream.say("summary", { type: "summary", data: this.summary() });
        if (this.allEnded(query)) stream.end("finished");
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}

function problem(status: number, code: string): Response {
  return Response.json({ status, code, detail: `the service says ${code}` }, { status });
}
