// A service in miniature, in place of the network: jobs with versions, cursors that mean something, and the three ways to
// watch them, each of which can be switched off. What it says is worded as the contract has it.

import { vi } from "vitest";
import type { TransportName } from "../../src/connection.ts";
import type { Frame, Job, Selector, Status } from "../../src/job.ts";

type Condition = "up" | "refused" | "mute";
type Query = Selector & { readonly cursor?: string; readonly summary?: boolean };

const NOW = "2026-11-20T16:00:00.000Z";

export function frame(id: string, version = 1, more: Partial<Job> = {}): Frame {
  const status: Status = more.status ?? "running";
  const over = status === "completed" || status === "failed" || status === "cancelled";
  const data: Job = {
    project: "acme",
    id,
    kind: "scan",
    title: null,
    subject: null,
    owner: null,
    parent: null,
    retry_of: null,
    version,
    status,
    attempt: 1,
    message: null,
    progress: {
      current: version,
      total: 100,
      unit: null,
      percent: status === "completed" ? 100 : Math.min(99, version),
    },
    phase: null,
    phases: [],
    rate: null,
    eta: null,
    counters: {},
    metadata: {},
    notices: { total: 0, recent: [] },
    children: null,
    cancel: null,
    stalled_at: null,
    result: status === "completed" ? {} : null,
    error:
      status === "failed"
        ? {
            code: "broken",
            message: "it broke",
            retryable: true,
            retry_after_seconds: null,
            phase: null,
            details: null,
          }
        : null,
    created_at: NOW,
    started_at: NOW,
    updated_at: NOW,
    finished_at: over ? NOW : null,
    ...more,
  };
  return { type: `${data.kind}:${over ? status : "progress"}`, timestamp: NOW, data };
}

function selects(query: Query, { data }: Frame): boolean {
  const one = <T>(wanted: T | readonly T[] | undefined, value: unknown) =>
    wanted === undefined || ([wanted].flat() as unknown[]).includes(value);
  return (
    one(query.job, data.id) &&
    one(query.kind, data.kind) &&
    one(query.subject, data.subject) &&
    one(query.owner, data.owner) &&
    one(query.parent, data.parent) &&
    one(query.status, data.status)
  );
}

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

export interface Asked {
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
    return { frames: newer.map((one) => one.frame).filter((one) => selects(query, one)), reset };
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
    if (this.unknown(query)) return problem(404, "not_found");
    return path === "events"
      ? this.#events(query, authorization, signal)
      : Promise.race([aborted, this.#page(query, wait)]);
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
    if (query.cursor && this.allEnded(query)) return new Response(null, { status: 204 });
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
