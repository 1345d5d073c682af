// Watching by server-sent events, read with `fetch` so that the token goes in a header: one stream for each line.

import { byReason, type Ending } from "../ending.ts";
import type { Selection } from "../selector.ts";
import { readEvents, type ServerEvent } from "../sse.ts";
import { parse, type Endpoint, SUMMARY, type Transport, watchdog } from "../transport.ts";
import { query, refusal, request } from "./http.ts";

/** The tiles come beside a selection; this one is nearly always empty. */
const FEW: Selection = { status: ["cancelling"] };

/** A stream that is rotated sooner than this is not opened again without a pause. Milliseconds. */
const SHORT = 1000;

interface Stream {
  readonly id: number;
  readonly selection: Selection;
  cursor: string | null;
  ranAt: number;
  /** Ends what runs. */
  stop: () => void;
}

export const openEvents: Transport = (endpoint, receiver) => {
  const streams = new Map<number, Stream>();
  let now: Endpoint = endpoint;

  function close(): void {
    for (const stream of streams.values()) stream.stop();
    streams.clear();
  }

  function end(ending: Ending): void {
    close();
    receiver.over(ending);
  }

  function drop(id: number): void {
    streams.get(id)?.stop();
    streams.delete(id);
  }

  // Runs a stream, in place of the one that ran before, from where that one was.
  function run(stream: Stream): void {
    stream.stop();
    stream.ranAt = Date.now();
    const abort = new AbortController();
    let running = true;
    const last = (act: () => void) => {
      if (!running) return;
      stream.stop();
      act();
    };
    const dog = watchdog(() => last(() => end(byReason("lost"))));
    stream.stop = () => {
      running = false;
      dog.stop();
      abort.abort();
    };

    const take = ({ event, data, id }: ServerEvent) => {
      if (!running) return;
      dog.heard();
      const said = parse(data);
      if (!said) return receiver.bad(data);
      if (id !== null) stream.cursor = id;
      if (event === "end") {
        const { reason, retry_after_seconds: after } = said;
        last(() => ended(stream, byReason(String(reason), typeof after === "number" ? after : null)));
      } else if (event === "message") {
        receiver.message({ type: "", ...said });
        if (id !== null) receiver.message({ type: "cursor", id: stream.id, cursor: id });
      } else if (event === "summary") {
        receiver.message({ type: event, data: said["data"] });
      } else {
        receiver.message({ ...said, type: event, id: stream.id, cursor: id ?? said["cursor"] });
      }
    };

    open(stream, abort.signal, take).then(
      (refused) => last(() => refused ? refused() : end(byReason("lost"))),
      () => last(() => end(byReason("lost"))),
    );
  }

  // Ends with what a refusal asks for; null = the stream broke off.
  async function open(
    stream: Stream,
    signal: AbortSignal,
    take: (event: ServerEvent) => void,
  ): Promise<(() => void) | null> {
    const more = { cursor: stream.cursor, summary: stream.id === SUMMARY ? "true" : null };
    const response = await request(now, "/events" + query(stream.selection, more), signal);
    if (response.status === 204) return () => ended(stream, byReason("finished"));
    if (response.ok && response.body) {
      await readEvents(response.body, take);
      return null;
    }
    const { ending, own, code, detail } = await refusal(response, stream.id);
    return () => {
      if (!own) return end(ending);
      streams.delete(stream.id);
      receiver.message({ type: "error", id: stream.id, code, message: detail });
    };
  }

  function ended(stream: Stream, ending: Ending): void {
    if (ending.reason === "finished") {
      streams.delete(stream.id);
      receiver.message({ type: "end", id: stream.id, reason: ending.reason });
    } else if (ending.again === "now" && Date.now() - stream.ranAt > SHORT) run(stream);
    else end(ending);
  }

  function start(id: number, selection: Selection, cursor: string | null): void {
    const stream: Stream = { id, selection, cursor, ranAt: 0, stop: () => {} };
    streams.set(id, stream);
    run(stream);
  }

  function renew(): void {
    for (const stream of streams.values()) run(stream);
  }

  return {
    add: ({ id, selection, cursor }) => start(id, selection, cursor),
    remove: drop,
    summary: (on) => {
      if (!on) drop(SUMMARY);
      else if (!streams.has(SUMMARY)) start(SUMMARY, FEW, null);
    },
    renew: (token) => {
      now = { ...endpoint, token };
      renew();
    },
    hide: () => {},
    check: renew, // a stream cannot be asked anything
    close,
  };
};
