// The three ways to watch, best first, all with one face: `open(url, cursor, listener)` gives
// something to close, and the listener hears
//   frame(frame)      a job's newer state
//   cursor(cursor)    everything up to here has been given
//   control(message)  synced, reset, stale, fresh, gone
//   heard()           anything at all came: the way is open
//   trouble(ending)   polling only: a poll failed, the next one comes by itself
//   ended(ending)     it is over, and was not closed by us
// Knows nothing of reconnecting or of choosing between them.

import { observe } from "./clock.js";
import { authorization, token } from "./credential.js";
import { byCode, byReason, byStatus } from "./ending.js";
import { inquire } from "./gate.js";

/** Pause before the next try, in seconds: anything up to 1, 2, 4 … 30, so that viewers who were
 * cut off together do not come back together. */
export function pause(failures) {
  return Math.random() * Math.min(30, 2 ** Math.max(0, failures - 1));
}

function address(base, path, query, cursor) {
  const url = new URL(base + path, location.href);
  url.search = new URLSearchParams(cursor === null ? query : [...query, ["cursor", cursor]]);
  return url;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// A browser does not say why a handshake or a stream was refused. Where it was for want of a
// token, or of a better one, that is how it ended; else as `ending` says.
async function refused(ending) {
  const verdict = await inquire().catch(() => null);
  return verdict === null ? ending : byStatus(verdict.status);
}

export const webSocket = {
  name: "websocket",
  label: "WebSocket",
  open({ base, query }, cursor, listener) {
    const url = address(base, "/ws", query, cursor);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const shown = token();
    const socket = new WebSocket(url, shown === null ? ["milepost.v1"] : ["milepost.v1", `bearer.${shown}`]);
    let opened = false;
    let after = null;
    socket.onopen = () => {
      opened = true;
      // A service that wants a token lets the socket in without, and waits for it. Any command
      // makes it say so at once; to one that wants none, this one means nothing.
      if (shown === null) socket.send('{"op":"unsubscribe","id":1}');
    };
    socket.onmessage = ({ data }) => {
      const message = parse(data);
      if (message === null) return;
      listener.heard();
      // A frame's type has a colon, an answer's has none.
      if (message.type.includes(":")) {
        observe(message.timestamp);
        listener.frame(message);
        return;
      }
      if (message.type === "ping") {
        observe(message.timestamp);
        socket.send('{"op":"pong"}');
      }
      if (message.type === "error" || message.type === "end") after = message.retry_after_seconds ?? after;
      if (typeof message.cursor === "string") listener.cursor(message.cursor);
      listener.control(message);
    };
    socket.onclose = async ({ code }) => {
      const ending = byCode(code, after);
      listener.ended(opened || shown === null ? ending : await refused(ending));
    };
    return {
      close() {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close(1000);
      },
    };
  },
};

export const events = {
  name: "events",
  label: "Server events",
  open({ base, query }, cursor, listener) {
    if (token() === null) return stream(address(base, "/events", query, cursor), listener);
    // An EventSource sends no headers: a ticket, good for one stream, stands for the token.
    let link = null;
    let closed = false;
    buy(base).then((ticket) => {
      if (!closed) link = stream(address(base, "/events", [...query, ["ticket", ticket]], cursor), listener);
    }, (ending) => listener.ended(ending));
    return {
      close() {
        closed = true;
        link?.close();
      },
    };
  },
};

// A ticket for the token; throws the ending where none is to be had.
async function buy(base) {
  const limit = AbortSignal.timeout(15_000);
  const answer = await fetch(`${base}/tickets`, { method: "POST", headers: authorization(), signal: limit, cache: "no-store" })
    .catch(() => { throw byReason("lost"); });
  const body = await answer.json().catch(() => null);
  if (typeof body?.ticket === "string") return body.ticket;
  throw byStatus(answer.status, seconds(answer));
}

function stream(url, listener) {
  const source = new EventSource(url);
  const close = () => source.close();
  const take = (type) => ({ data, lastEventId }) => {
    listener.heard();
    const body = parse(data) ?? {};
    const at = lastEventId || body.cursor;
    if (type === "ping") observe(body.timestamp);
    if (type === "end") {
      close();
      listener.ended(byReason(body.reason, body.retry_after_seconds ?? null));
      return;
    }
    if (type === "frame") {
      observe(body.timestamp);
      listener.frame(body);
    }
    if (at) listener.cursor(at);
    if (type !== "frame") listener.control({ ...body, type });
  };
  // An open stream proves nothing: a proxy that holds bodies back opens it too. An event does.
  source.onmessage = take("frame");
  for (const type of ["synced", "reset", "ping", "stale", "fresh", "gone", "end"]) {
    source.addEventListener(type, take(type));
  }
  // The browser would come back by itself, but by its own clock; one place decides here.
  source.onerror = async () => {
    const final = source.readyState === EventSource.CLOSED; // an answer that was no stream
    close();
    listener.ended(final ? await refused(byReason("lost")) : byReason("lost"));
  };
  return { close };
}

export const polling = {
  name: "polling",
  label: "Polling",
  open({ base, query }, cursor, listener) {
    const stop = new AbortController();
    poll(base, query, cursor, listener, stop.signal).catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
    return { close: () => stop.abort() };
  },
};

async function poll(base, query, start, listener, signal) {
  let cursor = start;
  let failures = 0;
  let stale = false;
  while (!signal.aborted) {
    const answer = await ask(address(base, "/progress", query, cursor), signal);
    if (signal.aborted) return;
    if (answer.ending) {
      if (answer.ending.again === "never" || answer.ending.again === "token") {
        listener.ended(answer.ending);
        return;
      }
      failures += 1;
      listener.trouble(answer.ending);
      await sleep(answer.ending.after ?? pause(failures), signal);
      continue;
    }
    failures = 0;
    const { body } = answer;
    listener.heard();
    if (body.reset) listener.control({ type: "reset" });
    for (const frame of body.items) {
      observe(frame.timestamp);
      listener.frame(frame);
    }
    cursor = body.cursor;
    listener.cursor(cursor);
    if (Boolean(body.stale) !== stale) {
      stale = Boolean(body.stale);
      listener.control({ type: stale ? "stale" : "fresh" });
    }
    if (body.more) continue;
    listener.control({ type: "synced" });
    await sleep((body.poll_after_ms ?? 2000) / 1000, signal);
  }
}

// One poll: `{ body }`, or `{ ending }` where there is none to be had.
async function ask(url, signal) {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(15_000)]);
    const headers = { accept: "application/json", ...authorization() };
    const response = await fetch(url, { signal: limit, cache: "no-store", headers });
    observe(response.headers.get("date"));
    if (response.ok) return { body: await response.json() };
    return { ending: byStatus(response.status, seconds(response)) };
  } catch {
    return { ending: byReason("lost") };
  }
}

// How long an answer asks to stay away, if it does.
function seconds(response) {
  const after = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return Number.isNaN(after) ? null : after;
}

function sleep(seconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
