// What a worker does: creates jobs and reports on them, over HTTP. Throws where the service refuses.

import type { Frame, JsonObject } from "../../src/job.ts";

export type Report = { readonly type: string } & JsonObject;

export class Worker {
  constructor(
    readonly origin: string,
    readonly project = "acme",
    readonly token: string | null = null,
  ) {}

  /** Creates a job under an id of its own. */
  create(id: string, body: JsonObject = {}): Promise<Frame> {
    return this.#send<Frame>("PUT", `jobs/${id}`, { kind: "scan", title: id, ...body });
  }

  /** Says one thing, or several in order, about a job. */
  report(id: string, ...reports: readonly Report[]): Promise<unknown> {
    return this.#send("POST", `jobs/${id}/reports`, reports.length === 1 ? reports[0] : reports);
  }

  /** Says things about many jobs in one request. */
  batch(reports: readonly (Report & { readonly job: string })[]): Promise<{ items: { status?: number | string }[] }> {
    return this.#send("POST", "reports", reports);
  }

  /** Creates a job and claims it. */
  async start(id: string, body: JsonObject = {}): Promise<void> {
    await this.create(id, body);
    await this.report(id, { type: "started", worker: "w-1" });
  }

  cancel(id: string): Promise<Frame> {
    return this.#send("POST", `jobs/${id}/cancel`, { reason: "test" });
  }

  get(id: string): Promise<Frame> {
    return this.#send("GET", `jobs/${id}`);
  }

  list(query = ""): Promise<{ items: Frame[]; page: string | null }> {
    return this.#send("GET", `jobs${query}`);
  }

  async #send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const bearer = this.token && { authorization: `Bearer ${this.token}` };
    const headers = { ...bearer, "content-type": "application/json" };
    const answer = await fetch(`${this.origin}/v1/projects/${this.project}/${path}`,
      { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
