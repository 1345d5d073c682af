// The tabs of one origin in one process: locks and channels as browsers have them, for tabs that can crash and freeze.
// Which tab some code runs in is kept over its promises and timers.

import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { vi } from "vitest";
import type { Wire } from "../../src/share/wire.ts";

interface Ask {
  readonly tab: Tab;
  readonly grant: () => void;
  readonly stolen: () => void;
}

export interface Tab {
  run<T>(what: () => T): T;
  /** Nothing runs there any more, and the browser takes its locks away. */
  crash(): void;
  /** Nothing runs there until it thaws; it keeps its locks. */
  freeze(): void;
  thaw(): void;
}

export interface Origin {
  tab(): Tab;
  pipe(one: Tab, two: Tab): [Wire, Wire];
}

/** Call it after `vi.useFakeTimers`; undone by `vi.unstubAllGlobals`. */
export function createOrigin(): Origin {
  const current = new AsyncLocalStorage<TabState>();
  const queues = new Map<string, Ask[]>();
  const channels = new Set<Channel>();

  class TabState implements Tab {
    state: "alive" | "frozen" | "crashed" = "alive";
    readonly later: (() => void)[] = [];
    readonly asks: [string, Ask][] = [];

    run<T>(what: () => T): T {
      return current.run(this, what);
    }

    /** Runs there once it can. */
    task(what: () => void): void {
      if (this.state === "alive") this.run(what);
      else if (this.state === "frozen") this.later.push(what);
    }

    crash(): void {
      this.state = "crashed";
      for (const channel of [...channels]) if (channel.tab === this) channels.delete(channel);
      for (const [name, ask] of this.asks) remove(name, ask);
    }

    freeze(): void {
      this.state = "frozen";
    }

    thaw(): void {
      this.state = "alive";
      for (const what of this.later.splice(0)) this.task(what);
    }
  }

  class Channel {
    readonly tab = here();
    onmessage: ((event: MessageEvent) => unknown) | null = null;

    constructor(readonly name: string) {
      channels.add(this);
    }

    postMessage(message: unknown): void {
      const data: unknown = structuredClone(message);
      for (const other of channels) {
        if (other === this || other.name !== this.name) continue;
        queueMicrotask(() => other.tab.task(() => other.onmessage?.({ data } as MessageEvent)));
      }
    }

    close(): void {
      channels.delete(this);
      this.onmessage = null;
    }
  }

  function here(): TabState {
    const tab = current.getStore();
    if (!tab) throw new Error("not in a tab");
    return tab;
  }

  function remove(name: string, ask: Ask): void {
    const queue = queues.get(name) ?? [];
    const at = queue.indexOf(ask);
    if (at >= 0) queue.splice(at, 1);
    if (at === 0) queue[0]?.grant();
  }

  function request(name: string, options: LockOptions | (() => unknown), given?: () => unknown): Promise<unknown> {
    const tab = here();
    const run = typeof options === "function" ? options : given;
    const { signal, steal } = typeof options === "function" ? {} as LockOptions : options;
    const queue = queues.get(name) ?? [];
    queues.set(name, queue);
    return new Promise((resolve, reject) => {
      let held = false;
      const ask: Ask = {
        tab,
        stolen: () => tab.task(() => reject(new DOMException("stolen", "AbortError"))),
        grant() {
          if (held) return;
          held = true;
          queueMicrotask(() => tab.task(async () => {
            resolve(await run?.());
            remove(name, ask);
          }));
        },
      };
      tab.asks.push([name, ask]);
      signal?.addEventListener("abort", () => {
        if (held) return;
        remove(name, ask);
        reject(signal.reason);
      });
      if (steal) queue.shift()?.stolen();
      if (steal) queue.unshift(ask);
      else queue.push(ask);
      if (queue[0] === ask) ask.grant();
    });
  }

  /** A line of two ends, each in a tab of its own. */
  function pipe(one: TabState, two: TabState): [Wire, Wire] {
    const ends = [one, two].map((tab): Wire & { readonly tab: TabState } => ({ tab, onmessage: null, postMessage() {}, close() {} }));
    const [a, b] = ends;
    if (!a || !b) throw new Error("a pipe has two ends");
    const send = (to: typeof a) => (message: unknown): void => {
      const data: unknown = structuredClone(message);
      queueMicrotask(() => to.tab.task(() => to.onmessage?.({ data } as MessageEvent)));
    };
    a.postMessage = send(b);
    b.postMessage = send(a);
    return [a, b];
  }

  const every = globalThis.setInterval;
  vi.stubGlobal("setInterval", (what: () => void, pause: number) => {
    const tab = current.getStore();
    return every(AsyncResource.bind(() => (tab ? tab.state === "alive" && what() : what())), pause);
  });
  vi.stubGlobal("navigator", { locks: { request }, onLine: true });
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.stubGlobal("location", { href: "http://app/" });
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "hidden" }));
  vi.stubGlobal("window", new EventTarget());
  return { tab: () => new TabState(), pipe: (one, two) => pipe(one as TabState, two as TabState) };
}
