// Watching by asking again and again, one line after the other; with a single line the answer is held back until
// there is something to say. The slowest way, and the one that nothing blocks.

import { byReason, type Ending } from "../ending.ts";
import { type Line, parse, type Endpoint, SUMMARY, type Transport } from "../transport.ts";
import { query, refusal, request } from "./http.ts";

/** Milliseconds between two rounds, where the service says nothing else. */
const PAUSE = 2000;
/** … while nobody looks. */
const HIDDEN_PAUSE = 30_000;
/** How often it is said that a line is complete: what was deleted is not told here, and may be looked for then. */
const AGAIN = 60_000;
/** Seconds that an answer may be held back. */
const WAIT = 20;
/** How long an answer may take besides. Milliseconds. */
const PATIENCE = 10_000;

interface Polled {
  readonly line: Line;
  cursor: string | null;
  /** When it was last said that it is complete; 0 = not yet. */
  syncedAt: number;
}

export const openPoll: Transport = (endpoint, receiver) => {
  const lines = new Map<number, Polled>();
  let now: Endpoint = endpoint;
  let [tiles, stale, closed, held, restarted] = [false, false, false, false, false];
  let holds = true; // until a held answer got lost on its way
  let abort = new AbortController();
  let wake = () => {};

  function close(): void {
    closed = true;
    abort.abort();
    wake();
  }

  function end(ending: Ending): void {
    if (closed) return;
    close();
    receiver.over(ending);
  }

  async function ask(path: string, wait: number): Promise<Response> {
    abort = new AbortController();
    const { signal } = abort;
    const timer = setTimeout(() => abort.abort(), wait * 1000 + PATIENCE);
    try {
      const response = await request(now, path, signal);
      // Read here, for a body can take for ever, too.
      return new Response(await response.text() || null, response);
    } finally {
      clearTimeout(timer);
    }
  }

  // One question for a line, and how long the service wishes to be left alone after it. Null = the link is over.
  async function poll(polled: Polled, wait: number): Promise<number | null> {
    const { id, selection } = polled.line;
    const askedAt = Date.now();
    const response = await ask("/progress" + query(selection, { cursor: polled.cursor, wait: wait || null }), wait);
    if (closed || !lines.has(id)) return 0;
    if (!response.ok) return refused(response, id);
    const page = parse(await response.text());
    if (closed) return null;
    if (!Array.isArray(page?.["items"])) {
      end(byReason("lost"));
      return null;
    }
    if (page["reset"] === true) receiver.message({ type: "reset", id });
    for (const frame of page["items"] as unknown[]) {
      if (typeof frame === "object" && frame) receiver.message({ type: "", ...frame });
      else receiver.bad(frame);
    }
    polled.cursor = typeof page["cursor"] === "string" ? page["cursor"] : null;
    receiver.message({ type: "cursor", id, cursor: polled.cursor });
    if ((page["stale"] === true) !== stale) {
      stale = !stale;
      receiver.message(stale ? { type: "stale", since: new Date().toISOString() } : { type: "fresh" });
    }
    if (page["more"] === true) return closed ? null : poll(polled, 0);
    if (Date.now() - polled.syncedAt > AGAIN) {
      polled.syncedAt = Date.now();
      receiver.message({ type: "synced", id });
    }
    // An answer that should have been held back, and was not, is no reason to ask at once.
    if (wait && !page["items"].length && Date.now() - askedAt > PAUSE) return 0;
    return typeof page["poll_after_ms"] === "number" ? page["poll_after_ms"] : PAUSE;
  }

  async function refused(response: Response, id: number): Promise<number | null> {
    const { ending, own, code, detail } = await refusal(response, id);
    if (!own) {
      end(ending);
      return null;
    }
    lines.delete(id);
    if (id === SUMMARY) tiles = false;
    receiver.message({ type: "error", id, code, message: detail });
    return 0;
  }

  async function round(): Promise<number> {
    let pause = PAUSE;
    const list = [...lines.values()];
    for (const polled of list) {
      const wait = holds && !now.hidden && !tiles && list.length === 1 && polled.syncedAt ? WAIT : 0;
      held = wait > 0;
      const asked = await poll(polled, wait);
      held = false;
      if (closed || asked === null) return 0;
      pause = list.length === 1 ? asked : Math.max(pause, asked);
    }
    if (tiles) {
      const response = await ask("/summary", 0);
      if (closed) return 0;
      if (response.ok) receiver.message({ type: "summary", data: parse(await response.text()) });
      else await refused(response, SUMMARY);
      pause = Math.min(pause, PAUSE);
    }
    return pause;
  }

  // Until it is closed. A question that `again` cut short is no failure.
  async function run(): Promise<void> {
    while (!closed) {
      restarted = false;
      let pause = HIDDEN_PAUSE;
      if (lines.size || tiles) {
        try {
          pause = await round();
        } catch {
          if (!restarted && !held) return end(byReason("lost"));
          if (!restarted) holds = false; // something on the way does not bear an answer that is held back
          [pause, held] = [0, false];
        }
      }
      if (!closed && !restarted) await sleep(now.hidden ? HIDDEN_PAUSE : pause);
    }
  }

  function sleep(time: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, time);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // Begins the next round now.
  function again(): void {
    restarted = true;
    if (held) abort.abort();
    wake();
  }

  void run();
  return {
    add: (line) => {
      lines.set(line.id, { line, cursor: line.cursor, syncedAt: 0 });
      again();
    },
    remove: (id) => {
      lines.delete(id);
    },
    summary: (on) => {
      tiles = on;
      if (on) again();
    },
    renew: (token) => {
      now = { ...now, token };
    },
    hide: (hidden) => {
      now = { ...now, hidden };
      if (!hidden) again();
    },
    check: again,
    close,
  };
};
