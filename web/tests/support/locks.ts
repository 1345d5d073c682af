// `navigator.locks` as browsers have it, as far as the tabs need it: one holder at a time, in order, and stealing. Each
// tab has its own view, so that one can crash: what it holds goes to the next, and it hears nothing.

interface Ask {
  readonly tab: Tab;
  readonly grant: () => void;
  readonly taken: () => void;
}

interface Tab {
  crashed: boolean;
}

/** The locks of one origin. */
export function createLocks() {
  const queues = new Map<string, Ask[]>();

  function next(name: string): void {
    queues.get(name)?.[0]?.grant();
  }

  function remove(name: string, ask: Ask): void {
    const queue = queues.get(name) ?? [];
    const at = queue.indexOf(ask);
    if (at < 0) return;
    queue.splice(at, 1);
    if (at === 0) next(name);
  }

  /** What one tab sees, and how it crashes. */
  function tab() {
    const self: Tab = { crashed: false };
    const own: [string, Ask][] = [];

    async function request(name: string, ...rest: unknown[]): Promise<unknown> {
      const run = rest.at(-1) as () => Promise<unknown>;
      const { signal, steal } = (rest.length > 1 ? rest[0] : {}) as { signal?: AbortSignal; steal?: boolean };
      if (steal && signal) throw new DOMException("steal and signal", "NotSupportedError");
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      return new Promise((resolve, reject) => {
        let held = false;
        const ask: Ask = {
          tab: self,
          taken: () => self.crashed || reject(new DOMException("stolen", "AbortError")),
          grant() {
            if (held) return;
            held = true;
            queueMicrotask(async () => {
              if (self.crashed) return;
              resolve(await run());
              remove(name, ask);
            });
          },
        };
        own.push([name, ask]);
        signal?.addEventListener("abort", () => {
          if (held) return;
          remove(name, ask);
          reject(signal.reason);
        });
        if (steal) {
          queue.shift()?.taken();
          queue.unshift(ask);
        } else queue.push(ask);
        if (queue[0] === ask) ask.grant();
      });
    }

    return {
      locks: { request },
      crash() {
        self.crashed = true;
        for (const [name, ask] of own) remove(name, ask);
      },
    };
  }

  return { tab };
}
