// A page in miniature: it watches, and remembers what it was told. It holds the engine to its promises as it goes.

import type { Connection } from "../../src/connection.ts";
import { createEngine, type EngineSettings } from "../../src/engine.ts";
import type { Job, Selector } from "../../src/job.ts";
import type { Host, Port, Update } from "../../src/port.ts";

export class Page {
  readonly updates: Update[] = [];
  readonly jobs = new Map<string, Job>();
  readonly connections: Connection[] = [];
  readonly port: Port;
  #watches = 0;

  constructor(readonly host: Host) {
    this.port = host.attach((update) => this.#hear(update));
  }

  get connection(): Connection {
    const last = this.connections.at(-1);
    if (!last) throw new Error("nothing was said of the connection");
    return last;
  }

  /** The states it went through, each told once. */
  get states(): string[] {
    return this.connections.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);
  }

  watch(selector: Selector): number {
    this.#watches += 1;
    this.port.send({ op: "watch", watch: this.#watches, selector });
    return this.#watches;
  }

  unwatch(watch: number): void {
    this.port.send({ op: "unwatch", watch });
  }

  version(id: string): number | undefined {
    return this.jobs.get(id)?.version;
  }

  /** How often something of this type was told, of one watch or of all. */
  told(type: Update["type"], watch?: number): number {
    return this.updates.filter(
      (update) => update.type === type && (watch === undefined || ("watch" in update && update.watch === watch)),
    ).length;
  }

  #hear(update: Update): void {
    this.updates.push(update);
    if (update.type === "connection") this.connections.push(update.connection);
    if (update.type === "gone") this.jobs.delete(update.job);
    if (update.type !== "frames") return;
    if (!update.frames.length) throw new Error("no frames at all");
    for (const { data } of update.frames) {
      if (data.version < (this.version(data.id) ?? 0)) throw new Error(`${data.id} went back to ${data.version}`);
      this.jobs.set(data.id, data);
    }
  }
}

export function open(settings: Partial<EngineSettings> = {}): Page {
  return new Page(createEngine({ url: "http://service.test", project: "acme", ...settings }));
}
