// Holds the connection for any number of pages: puts what they watch together, has it carried by the best transport
// that works, and tells each page what concerns it. Runs in a page, in a worker, or in the one of many tabs that leads.

import { isFrame, isSummary } from "./check.ts";
import type { TransportName } from "./connection.ts";
import { createLadder } from "./ladder.ts";
import { createListener, type Listener } from "./listener.ts";
import type { Limits } from "./plan.ts";
import type { Command, Host, Port, Update } from "./port.ts";
import { isSound, normal } from "./selector.ts";
import { createSession, type Session } from "./session.ts";
import type { Receiver, Endpoint, Transport } from "./transport.ts";
import { missing, verdict } from "./transport/http.ts";
import { openEvents } from "./transport/events.ts";
import { openPoll } from "./transport/poll.ts";
import { openSocket } from "./transport/socket.ts";
import { createWatched, type Group } from "./watched.ts";

export interface EngineSettings {
  /** The service; "" = where this script came from. */
  readonly url: string;
  readonly project: string;
  /** Best first. Default: all three. */
  readonly transports?: readonly TransportName[] | undefined;
  /** Asked for each connection, and again at 80 % of the token's life; null = there is none. */
  readonly token?: (() => Promise<string | null>) | undefined;
  /** Hears of every frame, every change of the connection, and everything that is dropped. */
  readonly debug?: ((...line: readonly unknown[]) => void) | undefined;
}

/** How a transport works, and what it bears: a socket 100 subscriptions, HTTP/1.1 six connections for all tabs. */
const WAYS: { readonly [name in TransportName]: readonly [Transport, Limits] } = {
  websocket: [openSocket, { lines: 90, jobs: 200 }],
  events: [openEvents, { lines: 2, jobs: 100 }],
  polling: [openPoll, { lines: 3, jobs: 100 }],
};

/** How long what nobody watches any more is held: who turns a page watches the next thing at once. Milliseconds. */
const GRACE = 1000;
/** How long a single question may take, and how long to wait before it is asked again. Milliseconds. */
const PATIENCE = 5000;

interface Verdict {
  readonly code: string;
  readonly detail: string;
}

export function createEngine(settings: EngineSettings): Host {
  const { url, project, debug = () => {} } = settings;
  const names = settings.transports?.length ? settings.transports : Object.keys(WAYS) as TransportName[];
  const token = settings.token ?? (() => Promise.resolve(null));
  const root = new URL(url || "/", globalThis.location?.href).href.replace(/\/$/, "");
  const base = `${root}/v1/projects/${encodeURIComponent(project)}`;
  const pages = new Set<Listener>();
  const sessions = new Set<Session<Group>>();
  const watched = createWatched();
  const waiting = new Set<Group>();
  let sweeping: ReturnType<typeof setTimeout> | undefined;
  let summarised = false;
  let hidden = false;
  let endpoint: Endpoint = { base, token: null, hidden };

  const tellAll = (update: Update) => pages.forEach((page) => page.tell(update));

  const ladder = createLadder({
    names,
    token,
    dial,
    changed: (connection) => {
      debug("connection", connection);
      tellAll({ type: "connection", connection });
    },
    quit: ({ reason }) => refuse([...watched.groups.values()], { code: reason, detail: reason }, false),
  });

  // ---- The links.

  function dial(name: TransportName, token: string | null, receiver: Receiver): Session<Group> {
    const [open, limits] = WAYS[name];
    endpoint = { base, token, hidden };
    let mine = endpoint;
    const link = open(mine, {
      message: (message) => {
        receiver.message(message); // which may put this link in the place of another
        if (sessions.has(session)) session.message(message);
      },
      bad,
      over: (ending) => {
        debug("over", name, ending);
        session.collect();
        sessions.delete(session);
        receiver.over(ending);
      },
    });
    for (const other of sessions) other.collect();
    const session: Session<Group> = createSession<Group>(link, limits, {
      frame,
      synced: (group, whole) => synced(session, group, whole),
      unheard: (jobs) => void seek(session, mine, jobs),
      reset: watched.reset,
      ended: (group, jobs) => {
        watched.ended(group, jobs);
        if (group.done) sweep();
      },
      refused: (groups, code, detail) => {
        if (groups.length === 1 && !groups[0]?.synced) refuse(groups, { code, detail });
        else void divide(session, mine, groups);
      },
      gone: (job) => {
        watched.gone(job);
        sweep();
      },
      summary: (data) => {
        if (!isSummary(data)) return bad(data);
        for (const page of pages) if (page.summary) page.tell({ type: "summary", summary: data });
      },
    });
    sessions.add(session);
    session.serve([...watched.groups.values()].filter(lives));
    if (summarised) session.summary(true);
    return {
      ...session,
      renew: (text) => {
        mine = { ...mine, token: text };
        session.renew(text);
      },
      close: () => {
        session.close();
        sessions.delete(session);
      },
    };
  }

  function bad(what: unknown): void {
    debug("dropped", what);
  }

  function frame(frame: unknown): string | undefined {
    if (!isFrame(frame)) {
      bad(frame);
      return undefined;
    }
    debug("frame", frame);
    watched.frame(frame);
    if (frame.data.finished_at) sweep();
    return frame.data.id;
  }

  function synced(session: Session<Group>, group: Group, whole: boolean): void {
    watched.synced(group, (job) => !whole || session.brings(job, group));
    if (group.done) sweep();
  }

  function refuse(groups: readonly Group[], { code, detail }: Verdict, drop = true): void {
    for (const group of groups) {
      for (const [page, watches] of group.watchers) {
        for (const watch of watches) page.tell({ type: "refused", watch, code, detail });
      }
      if (drop) forget(group);
    }
    sweep();
  }

  // One of them is at fault, and the service does not say which. What was there before only loses what is gone.
  async function divide(session: Session<Group>, endpoint: Endpoint, groups: readonly Group[]): Promise<void> {
    let found = false;
    try {
      for (const group of groups) {
        const refused = await verdict(endpoint, group.selection);
        if (refused && group.synced) (await missing(endpoint, group.selection.job ?? [])).forEach(watched.gone);
        else if (refused) refuse([group], refused);
        found ||= refused !== null;
      }
    } catch {
      found = false;
    }
    if (!found) await new Promise((resolve) => setTimeout(resolve, PATIENCE)); // and all are tried again
    if (sessions.has(session)) session.serve(groups.filter(lives));
  }

  // Finds those that do not exist any more among jobs that have not ended, as far as is known.
  async function seek(session: Session<Group>, endpoint: Endpoint, jobs: readonly string[]): Promise<void> {
    const left = new Set([...watched.groups.values()].flatMap((group) => [...group.left ?? []]));
    try {
      (await missing(endpoint, jobs.filter((id) => left.has(id)))).forEach(watched.gone);
      sweep();
    } catch {
      setTimeout(() => sessions.has(session) && seek(session, endpoint, jobs), PATIENCE);
    }
  }

  // ---- What is watched.

  function lives(group: Group): boolean {
    return watched.groups.get(group.key) === group && group.watchers.size > 0 && !group.done
      && group.selection.job?.length !== 0;
  }

  function forget(group: Group): void {
    waiting.delete(group);
    for (const session of sessions) session.release(group);
    watched.drop(group);
  }

  // What was asked for within one turn goes out together.
  function ask(group: Group): void {
    if (!waiting.size) {
      setTimeout(() => {
        const groups = [...waiting].filter(lives);
        waiting.clear();
        for (const session of sessions) session.serve(groups);
      });
    }
    waiting.add(group);
  }

  // A little later, looks what nobody wants any more.
  function sweep(): void {
    sweeping ??= setTimeout(() => {
      sweeping = undefined;
      for (const group of [...watched.groups.values()]) {
        if (!group.watchers.size) forget(group);
        else if (group.done) for (const session of sessions) session.release(group);
      }
      if (!wanted()) ladder.stop();
    }, GRACE);
  }

  function wanted(): boolean {
    return summarised || [...watched.groups.values()].some((group) => !group.done);
  }

  function watch(page: Listener, { watch: number, selector }: Extract<Command, { op: "watch" }>): void {
    if (!isSound(normal(selector))) {
      return page.tell({ type: "refused", watch: number, code: "malformed", detail: "no job can be selected by this" });
    }
    const { group, fresh } = watched.watch(page, number, selector);
    if (group.done) return sweep();
    if (fresh) ask(group);
    ladder.start();
  }

  function summarise(): void {
    const wanted = [...pages].some((page) => page.summary);
    if (wanted !== summarised) for (const session of sessions) session.summary(wanted);
    summarised = wanted;
    if (wanted) ladder.start();
    else sweep();
  }

  function look(seen: boolean): void {
    hidden = pages.size > 0 && ![...pages].some((page) => page.visible);
    for (const session of sessions) session.hide(hidden);
    if (seen) ladder.hurry(false);
  }

  // ---- The pages.

  function obey(page: Listener, command: Command): void {
    switch (command.op) {
      case "watch":
        return watch(page, command);
      case "unwatch":
        watched.unwatch(page, command.watch);
        return sweep();
      case "summary":
        page.summary = command.on;
        return summarise();
      case "reconnect":
        return wanted() ? ladder.reconnect() : undefined;
      case "visible":
        page.visible = command.visible;
        return look(command.visible);
      case "online":
        return command.online ? ladder.hurry(true) : undefined;
      case "token":
    }
  }

  function attach(listener: (update: Update) => void): Port {
    const page = createListener(listener);
    pages.add(page);
    page.tell({ type: "connection", connection: ladder.connection });
    return {
      send: (command) => {
        if (pages.has(page)) obey(page, command);
      },
      close: () => {
        for (const number of [...page.watches.keys()]) watched.unwatch(page, number);
        pages.delete(page);
        summarise();
        sweep();
        look(false);
      },
    };
  }

  return { attach };
}
