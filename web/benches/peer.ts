// The process that the soak compares with (relay.js): started, killed, brought back, and told what workers do. An event
// that is told while it is down is lost, as it is for everybody who emits to rooms.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../tests/support/port.ts";

export class Peer {
  #child: ChildProcess | null = null;

  private constructor(readonly port: number) {}

  static async start(): Promise<Peer> {
    const peer = new Peer(await freePort());
    await peer.up();
    return peer;
  }

  async up(): Promise<void> {
    const relay = new URL("relay.js", import.meta.url).pathname;
    const child = spawn(process.execPath, [relay, String(this.port)], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    const ended = once(child, "exit").then(() => {
      throw new Error("relay.js ended; is socket.io there? npm ci --prefix benches");
    });
    await Promise.race([once(child.stdout, "data"), ended]);
    ended.catch(() => undefined);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  emit(job: string, event: string, text: string): void {
    const body = JSON.stringify({ room: job, event, data: { job, text } });
    fetch(`http://127.0.0.1:${this.port}/`, { method: "POST", body }).catch(() => undefined);
  }
}
