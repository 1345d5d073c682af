// One request to the service: JSON there, JSON back, under the newest token. It repeats nothing but what a newer token
// may cure; whether an answer means "again" is judged by who sent.

import { json } from "./text.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Seconds to stay away, where it says so. */
  readonly retryAfter: number | null;
}

/** How long a request may take, and the app to give a token, in milliseconds. */
const PATIENCE = 10_000;

export type Token = string | (() => string | Promise<string>);

export class Http {
  readonly #base: string;
  readonly #token: Token | undefined;
  #held: string | null = null;

  constructor(url: string, project: string, token: Token | undefined) {
    this.#base = `${url.replace(/\/+$/, "")}/v1/projects/${encodeURIComponent(project)}`;
    this.#token = token;
  }

  /** Rejects where there is no answer that could be one of the service's. */
  async send(method: "POST" | "PUT", path: string, body: unknown): Promise<Answer> {
    const text = json(body);
    const answer = await this.#once(method, path, text);
    if (answer.status !== 401 || typeof this.#token !== "function") return answer;
    this.#held = null;
    return this.#once(method, path, text);
  }

  async #once(method: string, path: string, body: string): Promise<Answer> {
    const bearer = await this.#bearer();
    const headers = { "content-type": "application/json", ...(bearer && { authorization: `Bearer ${bearer}` }) };
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(this.#base + path, { method, headers, body, signal, redirect: "manual" });
    const text = await response.text();
    return { status: response.status, body: parsed(text, response), retryAfter: seconds(response) };
  }

  async #bearer(): Promise<string | null> {
    if (this.#token === undefined) return null;
    this.#held ??= typeof this.#token === "string" ? this.#token : await within(PATIENCE, this.#token);
    return this.#held;
  }
}

/** An answer that is no JSON is none where it says that all is well; a refusal is one all the same. */
function parsed(text: string, response: Response): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (response.ok) throw new Error(`the answer is not the service's: ${text.slice(0, 80)}`);
    return null;
  }
}

function seconds(response: Response): number | null {
  const asked = Number(response.headers.get("retry-after") ?? NaN);
  return Number.isFinite(asked) && asked >= 0 ? asked : null;
}

function within<T>(milliseconds: number, make: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the token function did not answer")), milliseconds);
    const given = (async () => make())();
    given.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
