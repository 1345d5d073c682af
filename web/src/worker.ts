// What a SharedWorker runs: it holds one connection for all tabs that show the same credentials. The tokens come from
// the tabs.

import { createEngine } from "./engine.ts";
import type { TransportName } from "./connection.ts";
import type { Host } from "./port.ts";
import { serveWire, type Wire } from "./share/wire.ts";

/** The first message of a page. */
export interface Hello {
  /** What all tabs that may share a connection have in common, and no others. */
  readonly name: string;
  readonly url: string;
  readonly project: string;
  readonly transports: readonly TransportName[] | undefined;
  readonly token: boolean;
  /** Held by the page as long as it lives. */
  readonly lock: string;
}

interface Shared {
  readonly host: Host;
  readonly pages: Set<Wire>;
  answer: (token: string | null) => void;
}

/** How long a page may take to give a token before another is asked, in milliseconds. */
const PATIENCE = 10_000;

const all = new Map<string, Shared>();

function open({ url, project, transports, token }: Hello): Shared {
  const pages = new Set<Wire>();
  const shared: Shared = {
    pages,
    answer() {},
    host: createEngine({ url, project, transports, token: token ? ask : undefined }),
  };
  // The newest page first: it is the least likely to be hidden.
  async function ask(): Promise<string | null> {
    for (const page of [...pages].reverse()) {
      const answer = await new Promise<string | null>((resolve) => {
        shared.answer = resolve;
        setTimeout(resolve, PATIENCE, null);
        page.postMessage({ type: "token" });
      });
      if (answer !== null) return answer;
    }
    return null;
  }
  return shared;
}

function connect(page: Wire): void {
  page.onmessage = ({ data }: MessageEvent<Hello>) => {
    const shared = all.get(data.name) ?? open(data);
    all.set(data.name, shared);
    shared.pages.add(page);
    serveWire(shared.host, page, data.lock, (command) => {
      if (command.op === "token") shared.answer(command.token);
    }, () => shared.pages.delete(page));
  };
}

addEventListener("connect", (event) => {
  const [port] = event instanceof MessageEvent ? event.ports : [];
  if (port) connect(port);
});
