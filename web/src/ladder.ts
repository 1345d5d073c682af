// Which transport carries, and when the next try is made: the best that works, lost ones again after growing pauses, a
// lesser one after three failures, polling in between, and always another look at the better. Knows not what is carried.

import { ATTEMPTS, pause, waitFor } from "./backoff.ts";
import type { Connection, TransportName } from "./connection.ts";
import { byReason, type Ending } from "./ending.ts";
import { createTimers } from "./timers.ts";
import { refreshIn } from "./token.ts";
import type { Receiver, Link, Message } from "./transport.ts";

/** Failures in a row before the next transport is tried. */
const PATIENCE = 3;
/** A link that lived as long as this was a good one. Milliseconds, as all below. */
const GOOD = 5000;
/** After a loss, polling bridges when nothing has come for this time. */
const BRIDGE = 2000;
/** The first and the longest pause between two looks for a better transport. */
const LOOK = [2000, 120_000] as const;
/** After a silence as long as this, whoever looks at the page wants to know. */
const QUIET = 20_000;
/** How often at most it is told that something was heard, while nothing else changes. */
const NEWS = 5000;

type Carrier = Pick<Link, "renew" | "check" | "close">;

interface LadderSettings {
  /** Best first; at least one. */
  readonly names: readonly TransportName[];
  readonly token: () => Promise<string | null>;
  readonly dial: (name: TransportName, token: string | null, receiver: Receiver) => Carrier;
  readonly changed: (connection: Connection) => void;
  /** Not to be tried again: what the service said. */
  readonly quit: (ending: Ending) => void;
}

interface Ladder {
  readonly connection: Connection;
  /** Begins, if nothing runs. */
  start(): void;
  stop(): void;
  reconnect(): void;
  /** The network is back (`online`), or somebody looks: pauses that the service did not ask for are not sat out. */
  hurry(online: boolean): void;
}

interface Try {
  readonly rung: number;
  token: string | null;
  /** When its first message came; 0 = not yet. */
  proved: number;
  carrier: Carrier | null;
  over: boolean;
}

type Bare<C> = C extends Connection ? Omit<C, "transport" | "heardAt" | "staleSince"> : never;
type Standing = Bare<Connection>;

export function createLadder({ names, token, dial, changed, quit }: LadderSettings): Ladder {
  const last = names.length - 1;
  const polling = names.indexOf("polling");
  let [rung, failures, attempt, refusals, misses] = [0, 0, 1, 0, 0];
  let main: Try | null = null;
  let bridge: Try | null = null;
  let probe: Try | null = null;
  let lookPause: number = LOOK[0];
  let wished = false; // whether the service said when to come back
  let heardAt: number | null = null;
  let staleSince: string | null = null;
  let toldAt = 0;
  let connection: Connection;
  let standing: Standing = { state: "closed", reason: null };
  const timers = createTimers<"retry" | "bridge" | "look" | "refresh">();

  function tell(next: Standing = standing): void {
    standing = next;
    toldAt = Date.now();
    const carrying = [main, bridge].find((one) => one?.proved);
    connection = { ...standing, transport: carrying ? names[carrying.rung] ?? null : null, heardAt, staleSince };
    changed(connection);
  }

  function attemptAt(at: number, known?: string): Try {
    const one: Try = { rung: at, token: null, proved: 0, carrier: null, over: false };
    const receiver: Receiver = { message: (said) => heard(one, said), bad() {}, over: (ending) => ended(one, ending) };
    (known === undefined ? token() : Promise.resolve(known)).then(
      (text) => {
        if (one.over) return;
        one.token = text;
        one.carrier = dial(names[at] as TransportName, text, receiver);
      },
      () => ended(one, byReason("no_token")),
    ).catch(() => ended(one, byReason("lost"))); // a page's policy may forbid the address, by throwing
    return one;
  }

  function drop(one: Try | null): null {
    if (one && !one.over) one.carrier?.close();
    if (one) one.over = true;
    return null;
  }

  function heard(one: Try, { type, since }: Message): void {
    if (type === "error" || type === "end") return; // an excuse is no news of any job
    heardAt = Date.now();
    const stale = type === "stale" ? String(since) : type === "fresh" || !one.proved ? null : staleSince;
    const news = stale !== staleSince || heardAt - toldAt > NEWS;
    staleSince = stale;
    if (!one.proved) proved(one);
    else if (news) tell();
  }

  function proved(one: Try): void {
    one.proved = Date.now();
    if (one === bridge) {
      if (rung === polling) return connect(); // which takes it over
      // The service is there again: the pause was for one that is not. A wish of its own still holds.
      return timers.runs("retry") && !wished ? retryIn(pause(1)) : tell();
    }
    if (one === probe) {
      drop(main);
      [main, probe, rung, failures] = [one, null, one.rung, 0];
    }
    settle();
  }

  function ended(one: Try, ending: Ending): void {
    if (one.over) return;
    one.over = true;
    if (one === main) fell(one, ending);
    else if (one === probe) {
      probe = null;
      look(one.rung + 1);
    } else if (one === bridge) {
      bridge = null;
      tell();
      cover(Math.max(BRIDGE, (ending.after ?? 0) * 1000));
    }
  }

  function connect(known?: string): void {
    timers.cancel("retry");
    if (rung === polling && bridge?.proved) {
      drop(main);
      [main, bridge] = [bridge, null];
      return settle();
    }
    main = attemptAt(rung, known);
    cover(BRIDGE);
    tell(attempt > 1 || standing.state === "reconnecting"
      ? { state: "reconnecting", attempt, nextRetryAt: null } : { state: "connecting" });
  }

  function settle(): void {
    timers.cancel("bridge", "retry");
    bridge = drop(bridge);
    tell({ state: rung ? "degraded" : "live" });
    refreshLater();
    lookLater();
  }

  function fell(one: Try, ending: Ending): void {
    main = null;
    probe = drop(probe);
    timers.cancel("look", "refresh");
    if (one.proved && Date.now() - one.proved >= GOOD) [failures, attempt, refusals, lookPause] = [0, 0, 0, LOOK[0]];
    const never = ending.again === "never";
    const lesser = ending.blame && rung < last;
    if (never && !lesser) {
      stop(ending.reason);
      return quit(ending);
    }
    if (ending.again === "token") return lock(one.token);
    attempt += 1;
    misses = one.proved ? 0 : misses + 1;
    if (ending.blame) failures += 1;
    const step = lesser && (never || failures >= PATIENCE);
    if (step) [rung, failures] = [rung + 1, 0];
    if (misses >= ATTEMPTS && !bridge?.proved) {
      release();
      return tell({ state: "offline", attempt: ATTEMPTS });
    }
    wished = ending.after !== null;
    // Where polling works, the service is there, and it is the transport that is in doubt.
    retryIn(step ? 0 : waitFor(ending, bridge?.proved ? failures : attempt));
    cover(Math.max(BRIDGE, (ending.after ?? 0) * 1000));
  }

  function retryIn(wait: number): void {
    tell({ state: "reconnecting", attempt, nextRetryAt: Date.now() + wait });
    timers.set("retry", wait, () => connect());
  }

  // Has polling bridge, unless something comes within this time.
  function cover(time: number): void {
    if (main?.proved || bridge || timers.runs("bridge") || polling < 0) return;
    timers.set("bridge", time, () => {
      bridge = attemptAt(polling);
    });
  }

  function lookLater(): void {
    timers.cancel("look");
    if (!rung) return;
    timers.set("look", lookPause * (1 + Math.random()) / 2, () => look(0));
    lookPause = Math.min(LOOK[1], lookPause * 2);
  }

  function look(at: number): void {
    timers.cancel("look");
    probe = drop(probe);
    if (at < rung) probe = attemptAt(at);
    else lookLater();
  }

  // `fresh` = the token was given just now.
  function refreshLater(fresh = false): void {
    timers.cancel("refresh");
    const time = refreshIn(main?.token ?? null, Date.now(), fresh);
    if (time === null) return;
    timers.set("refresh", time, () => {
      token().then((text) => {
        const another = text !== null && text !== main?.token;
        for (const one of [main, bridge, probe]) {
          if (!one || text === null || text === one.token) continue;
          one.token = text;
          one.carrier?.renew(text);
        }
        refreshLater(another);
      }, () => refreshLater());
    });
  }

  // Nothing goes on without another token than the one that was refused. Where that is refused, too, it takes a while:
  // the service does not listen for long to those who guess.
  function lock(refused: string | null): void {
    release();
    tell({ state: "unauthorized" });
    const ask = () => {
      const again = () => {
        if (standing.state === "unauthorized") timers.set("retry", Math.max(1000, pause(++refusals)), ask);
      };
      token().then((text) => {
        if (standing.state !== "unauthorized") return;
        if (text === null || text === refused) return again();
        [attempt, failures] = [1, 0];
        connect(text);
      }, again);
    };
    timers.set("retry", refusals ? Math.max(1000, pause(refusals)) : 0, ask);
    refusals += 1;
  }

  function release(): void {
    timers.cancel("retry", "bridge", "look", "refresh");
    main = drop(main);
    bridge = drop(bridge);
    probe = drop(probe);
  }

  function stop(reason: string | null): void {
    release();
    tell({ state: "closed", reason });
  }

  function begin(): void {
    release();
    [failures, attempt, refusals, misses, lookPause] = [0, 1, 0, 0, LOOK[0]];
    standing = { state: "connecting" };
    connect();
  }

  connection = { state: "closed", reason: null, transport: null, heardAt, staleSince };
  return {
    get connection() {
      return connection;
    },
    start: () => {
      if (standing.state === "closed") begin();
    },
    stop: () => {
      if (standing.state !== "closed") stop(null);
    },
    reconnect: () => {
      if (standing.state === "live") return main?.carrier?.check();
      rung = 0;
      begin();
    },
    hurry: (online) => {
      lookPause = LOOK[0];
      if (standing.state === "offline") {
        if (online) begin();
      } else if (timers.runs("retry") && standing.state === "reconnecting" && !wished) connect();
      else if (main?.proved) {
        if (Date.now() - (heardAt ?? 0) > QUIET) main.carrier?.check();
        if (rung && !probe) look(0);
      }
    },
  };
}
