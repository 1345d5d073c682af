// A holder of the connection that does what a test says, and jobs for it to speak of.

import type { Frame, Job } from "../../src/job.ts";
import type { Command, Host, Update } from "../../src/port.ts";

export interface FakeHost extends Host {
  /** All commands of all ports, in order. */
  readonly commands: Command[];
  /** How many ports are open. */
  open(): number;
  say(...updates: Update[]): void;
  /** Frames of these states. */
  give(...jobs: Job[]): void;
  ops(op: Command["op"]): Command[];
  /** The number of the newest watch. */
  watch(): number;
}

export function fakeHost(): FakeHost {
  const listeners = new Set<(update: Update) => void>();
  const commands: Command[] = [];
  const say = (...updates: Update[]): void => {
    for (const update of updates) for (const listener of [...listeners]) listener(structuredClone(update));
  };
  return {
    commands,
    say,
    open: () => listeners.size,
    ops: (op) => commands.filter((command) => command.op === op),
    watch: () => commands.reduce((last, command) => (command.op === "watch" ? command.watch : last), 0),
    give: (...jobs) => say({ type: "frames", frames: jobs.map((job) => frame(job)) }),
    attach(listener) {
      const own = (update: Update): void => listener(update);
      listeners.add(own);
      return { send: (command) => void commands.push(command), close: () => void listeners.delete(own) };
    },
  };
}

export function frame(job: Job, what = "progress"): Frame {
  return { type: `${job.kind}:${what}`, timestamp: job.updated_at, data: job };
}

/** Seconds after an arbitrary moment, as the service writes times. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + Math.round(seconds * 1000)).toISOString();
}

/** A queued job, as made at second 0, and what is said otherwise. */
export function job(id: string, changes: Partial<Job> = {}): Job {
  return {
    project: "acme", id, kind: "feed:sync", title: null, subject: null, owner: null, parent: null, retry_of: null,
    version: 1, status: "queued", attempt: 0, message: null,
    progress: { current: 0, total: null, unit: null, percent: null },
    phase: null, phases: [], rate: null, eta: null, counters: {}, metadata: {},
    notices: { total: 0, recent: [] }, children: null, cancel: null, stalled_at: null, result: null, error: null,
    created_at: at(0), started_at: null, updated_at: at(0), finished_at: null,
    ...changes,
  };
}

/** The same job at work. */
export function running(id: string, version: number, changes: Partial<Job> = {}): Job {
  return job(id, { version, status: "running", attempt: 1, started_at: at(1), updated_at: at(version), ...changes });
}

/** The same job, ended. */
export function ended(id: string, version: number, changes: Partial<Job> = {}): Job {
  return running(id, version, { status: "completed", finished_at: at(version), ...changes });
}
