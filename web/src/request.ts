// Requests to the service: an answer in JSON, or a `Problem`.

import type { TokenSource } from "./token-source.ts";
import { Problem } from "./problem.ts";

/** How long an answer may take, in milliseconds. */
const PATIENCE = 15_000;

export interface Ask {
  readonly method?: "GET" | "POST";
  readonly query?: readonly (readonly [string, string])[];
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
}

export type Request = <T>(path: string, ask?: Ask) => Promise<T>;

export function createRequest(base: string, tokens: TokenSource): Request {
  async function send(path: string, ask: Ask, token: string | null): Promise<Response> {
    const { method = "GET", query = [], body, signal } = ask;
    const late = AbortSignal.timeout(PATIENCE);
    const search = query.length > 0 ? `?${new URLSearchParams(query.map(([name, value]) => [name, value]))}` : "";
    try {
      return await fetch(base + path + search, {
        method,
        headers: {
          accept: "application/json",
          ...(token && { authorization: `Bearer ${token}` }),
          ...(body && { "content-type": "application/json" }),
        },
        body: body ? JSON.stringify(body) : null,
        cache: "no-store",
        signal: signal ? AbortSignal.any([signal, late]) : late,
      });
    } catch {
      signal?.throwIfAborted();
      throw new Problem(0, "unreachable", "The service did not answer.");
    }
  }

  return async <T>(path: string, ask: Ask = {}): Promise<T> => {
    const token = await tokens.current();
    let answer = await send(path, ask, token);
    if (answer.status === 401) {
      const other = await tokens.instead(token);
      if (other !== null && other !== token) answer = await send(path, ask, other);
    }
    const body = await answer.json().catch(() => null);
    ask.signal?.throwIfAborted();
    if (answer.ok && body !== null) return body;
    const after = Number.parseInt(answer.headers.get("retry-after") ?? "", 10);
    throw new Problem(
      answer.status,
      body?.code ?? "unexpected",
      body?.detail ?? body?.title ?? `The service answered ${answer.status}.`,
      Number.isNaN(after) ? null : after,
      body?.errors ?? [],
    );
  };
}
