// What every test stands on: the real service, what a person does to a job, and waiting for what is to become of it.

import { Service, type ServiceOptions } from "../../../../web/tests/support/service.ts";
import { Worker } from "../../../../web/tests/support/worker.ts";
import type { Job as State, Frame } from "../../../../web/src/job.ts";
import { Reporter, type ReporterOptions } from "../../src/index.ts";
import { Tap } from "./tap.ts";

export type { State };

export class Stage {
  readonly log: string[] = [];
  /** Somebody else: a person, or another worker. */
  readonly other: Worker;

  private constructor(readonly service: Service, readonly tap: Tap) {
    this.other = new Worker(service.origin);
  }

  static async open(options: ServiceOptions = {}): Promise<Stage> {
    const service = await Service.start(options);
    return new Stage(service, await Tap.start(service.port));
  }

  /** A reporter through the tap. */
  reporter(options: ReporterOptions = {}): Reporter {
    return new Reporter({ url: this.tap.origin, project: "acme", log: (line) => this.log.push(line), ...options });
  }

  /** The state of a job once `holds`; polls as a viewer may, by version. */
  async until(id: string, holds: (state: State) => boolean): Promise<State> {
    let version = "";
    for (;;) {
      const frame = await this.#frame(id, version);
      if (frame && holds(frame.data)) return frame.data;
      version = frame ? `"${frame.data.version}"` : "";
    }
  }

  ended(id: string): Promise<State> {
    return this.until(id, ({ status }) => /completed|failed|cancelled/.test(status));
  }

  async state(id: string): Promise<State> {
    return (await this.other.get(id)).data;
  }

  async history(id: string): Promise<{ type: string; data: { [key: string]: unknown } }[]> {
    const answer = await fetch(`${this.service.origin}/v1/projects/acme/jobs/${id}/history?limit=1000`);
    return ((await answer.json()) as { items: { type: string; data: { [key: string]: unknown } }[] }).items;
  }

  async close(): Promise<void> {
    await this.tap.close();
    await this.service.close();
  }

  async #frame(id: string, version: string): Promise<Frame | null> {
    const bearer = this.other.token && { authorization: `Bearer ${this.other.token}` };
    const headers = { ...bearer, ...(version && { "if-none-match": version }) };
    const answer = await fetch(`${this.service.origin}/v1/projects/acme/jobs/${id}?wait=5`, { headers }).catch(() => null);
    if (answer?.status === 200) return (await answer.json()) as Frame;
    // Not known yet, unchanged, or the service is away: asked again a moment later.
    await until(() => true);
    return null;
  }
}

/** Resolves once `holds`, which is looked at every few milliseconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 20));
  while (!(await holds()));
}
