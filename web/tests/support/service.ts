// The real binary as a process of its own, on a private Postgres in a folder that goes with it: started, asked to stop,
// killed, brought back on the same port with the same data. Knows nothing of browsers or jobs.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { freePort } from "./port.ts";

const BINARY = process.env["MILEPOST_BIN"] ?? new URL("../../../target/debug/milepost", import.meta.url).pathname;
/** How many of its last lines are shown where the service did not start. */
const LINES = 20;

export interface ServiceOptions {
  /** `demo` runs the example workers, too. Default: `serve`. */
  readonly command?: "serve" | "demo";
  /** What tokens are signed with; left out, no credentials are needed. */
  readonly secret?: string;
  /** More of the command line. */
  readonly args?: readonly string[];
}

export class Service {
  readonly origin: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "milepost-pages-"));
  #child: ChildProcess | null = null;
  #secret: string | undefined;

  private constructor(readonly port: number, readonly options: ServiceOptions) {
    this.origin = `http://127.0.0.1:${port}`;
    this.#secret = options.secret;
    process.once("exit", this.#abandon);
  }

  /** Resolves once it listens. */
  static async start(options: ServiceOptions = {}): Promise<Service> {
    const service = new Service(await freePort(), options);
    // Postgres refuses to run as root: where this does, it runs as somebody else, who must be able to enter.
    chmodSync(service.#folder, 0o711);
    try {
      await service.up();
    } catch (error) {
      await service.close();
      throw error;
    }
    return service;
  }

  /** Brings it up where it is down. */
  async up(): Promise<void> {
    const { command = "serve", args = [] } = this.options;
    const all = [command, "--listen", `127.0.0.1:${this.port}`, "--data-dir", join(this.#folder, "data"), ...args];
    const child = spawn(BINARY, all, { stdio: ["ignore", "pipe", "pipe"], env: environment(this.#secret) });
    this.#child = child;
    const said: string[] = [];
    const lines = createInterface({ input: child.stdout });
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (said.push(line) > LINES) said.shift();
    });
    await new Promise<void>((resolve, reject) => {
      lines.on("line", (line) => { if (line.startsWith("listening on ")) resolve(); });
      child.on("error", (error) => reject(new Error(`${BINARY}: ${error.message} (set MILEPOST_BIN)`)));
      child.on("exit", (code) => reject(new Error(`the service ended with ${code}:\n${said.join("\n")}`)));
    });
  }

  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** Starts it again with another secret: no token given so far is worth anything then. */
  async rekey(secret: string): Promise<void> {
    await this.stop();
    this.#secret = secret;
    await this.up();
  }

  /** Ends it as a crash does. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Stops it for good, and forgets its data. */
  async close(): Promise<void> {
    await this.kill();
    process.off("exit", this.#abandon);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  /** A token that the service takes. `ttl` as in `90s`, `1h`. */
  token(ttl = "1h", scope = "watch,report,cancel,create,delete", project = "acme"): string {
    const args = ["token", "--project", project, "--scope", scope, "--ttl", ttl];
    const env = environment(this.#secret);
    const { status, stdout, stderr } = spawnSync(BINARY, args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`milepost token: ${stderr}`);
    return stdout.trim();
  }

  /** Where the tests end before it is closed, it ends with them. */
  readonly #abandon = (): void => {
    this.#child?.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  };

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }
}

/** The surroundings without what would reach into the settings; the secret is not in the list of processes. */
function environment(secret: string | undefined): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(MILEPOST_(?!PG_BIN)|DATABASE_URL)/.test(name));
  return { ...Object.fromEntries(own), ...(secret === undefined ? {} : { MILEPOST_JWT_SECRET: secret }) };
}
