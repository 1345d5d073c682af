// One lasting view of a selection, over whichever transport works: WebSocket, else server-sent
// events, else polling; resumed where it broke off, and moved to a better transport when one
// works again. Owns the choice and the timers; what the frames say is not its business.

import { serviceNow } from "./clock.js";
import { pause } from "./transport.js";

/** Failures in a row before the next transport is tried. */
const PATIENCE = 3;
/** A try that nothing came of within this time has failed. Milliseconds, as all below. */
const PROOF = 8_000;
/** The service speaks every 15 s; silence for longer than two of those is a dead line. */
const SILENCE = 40_000;
/** A link that lived as long as this was a good one: its loss counts as the first failure. */
const SETTLED = 10_000;
/** The first and the longest pause between looks for a better transport. */
const LOOK = [2_000, 120_000];

export class Connection {
  #ladder;
  #target;
  #listener;
  #rung = 0;
  #failures = 0;
  #cursor = null;
  #link = null;
  #probe = null;
  #retry = 0;
  #look = 0;
  #lookPause = LOOK[0];
  #state = { state: "connecting", transport: null, reason: "", nextAt: 0, heardAt: 0, staleAt: 0 };

  /**
   * @param ladder transports, best first
   * @param target `{ base, query }`: the project's path and the selector as pairs
   * @param listener `frame(frame)`, `control(message)`, `changed(state)`, and `locked()` where
   *   nothing comes without another token
   */
  constructor(ladder, target, listener) {
    this.#ladder = ladder;
    this.#target = target;
    this.#listener = listener;
  }

  /** How the connection stands: `state` is connecting, live, waiting, locked, or stopped. */
  get state() {
    return this.#state;
  }

  /** How many better transports there are than the one in use. */
  get degraded() {
    return this.#rung;
  }

  start() {
    this.#connect();
  }

  /** Lets go of everything, to be started again later from where it was. */
  stop() {
    clearTimeout(this.#retry);
    this.#quiet();
    this.#link?.close();
    this.#link = null;
    this.#set({ state: "connecting" });
  }

  /** There is another token: goes on where it was. Refused again and again, with a growing pause. */
  unlock() {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), this.#failures > 1 ? pause(this.#failures) * 1000 : 0);
  }

  /** The network may be back or the page seen again: do not sit out a pause. */
  hurry() {
    if (this.#state.state === "waiting") this.#connect();
    else if (this.#rung > 0 && this.#state.state === "live" && !this.#probe) this.#lookFor(0);
  }

  #set(change) {
    this.#state = { ...this.#state, ...change };
    this.#listener.changed(this.#state);
  }

  #connect() {
    clearTimeout(this.#retry);
    this.#link?.close();
    const rung = this.#rung;
    this.#set({ state: this.#state.heardAt ? "waiting" : "connecting", transport: this.#ladder[rung], nextAt: 0 });
    this.#link = this.#dial(rung, {
      proved: () => this.#settle(),
      trouble: (ending) => this.#set({ state: "waiting", reason: ending.reason }),
      ended: (ending, lived) => this.#fell(ending, lived),
    });
  }

  #settle() {
    this.#set({ state: "live", transport: this.#ladder[this.#rung], reason: "", nextAt: 0, staleAt: 0 });
    this.#lookPause = LOOK[0];
    this.#lookLater();
  }

  #fell(ending, lived) {
    this.#link = null;
    if (ending.again === "never") {
      this.#quiet();
      this.#set({ state: "stopped", reason: ending.reason });
      return;
    }
    if (lived > SETTLED) this.#failures = 0;
    if (ending.again === "token") {
      this.#failures += 1;
      this.#quiet();
      this.#set({ state: "locked", reason: ending.reason });
      this.#listener.locked();
      return;
    }
    if (ending.again === "later") this.#failures += 1;
    if (ending.blame && this.#failures >= PATIENCE && this.#rung < this.#ladder.length - 1) {
      this.#rung += 1;
      this.#failures = 0;
      this.#connect();
      return;
    }
    const seconds = { now: 0, soon: Math.random() * 5, later: ending.after ?? pause(this.#failures) }[ending.again];
    this.#set({ state: "waiting", reason: ending.reason, nextAt: Date.now() + seconds * 1000 });
    this.#retry = setTimeout(() => this.#connect(), seconds * 1000);
  }

  // One try of one transport. Calls `proved` at its first sign of life (and after every
  // `trouble` that it got over), `ended` once.
  #dial(rung, { proved, trouble, ended }) {
    const transport = this.#ladder[rung];
    const patient = transport.name === "polling"; // polling has time limits of its own
    let provedAt = 0;
    let watch = 0;
    let over = false;
    let link = null;
    const end = (ending) => {
      if (over) return;
      over = true;
      clearTimeout(watch);
      link?.close();
      ended(ending, provedAt ? Date.now() - provedAt : 0);
    };
    const expect = (limit) => {
      clearTimeout(watch);
      if (!patient) watch = setTimeout(() => end({ again: "later", blame: true, after: null, reason: "No answer" }), limit);
    };
    const alive = (act) => (value) => { if (!over) act(value); };
    expect(PROOF);
    link = transport.open(this.#target, this.#cursor, {
      heard: alive(() => {
        expect(SILENCE);
        this.#state.heardAt = Date.now();
        if (!provedAt) {
          provedAt = Date.now();
          proved();
        }
      }),
      frame: alive((frame) => this.#listener.frame(frame)),
      cursor: alive((cursor) => { this.#cursor = cursor; }),
      control: alive((message) => this.#control(message)),
      trouble: alive((ending) => { provedAt = 0; trouble(ending); }),
      ended: end,
    });
    return { close() { over = true; clearTimeout(watch); link.close(); } };
  }

  #control(message) {
    if (message.type === "stale") this.#set({ staleAt: Date.parse(message.since ?? "") || serviceNow() });
    if (message.type === "fresh") this.#set({ staleAt: 0 });
    this.#listener.control(message);
  }

  // Looks for a better transport, beside the one in use.
  #lookLater() {
    clearTimeout(this.#look);
    if (this.#rung === 0) return;
    this.#look = setTimeout(() => this.#lookFor(0), this.#lookPause);
    this.#lookPause = Math.min(LOOK[1], this.#lookPause * 2);
  }

  #lookFor(rung) {
    clearTimeout(this.#look);
    this.#probe?.close();
    this.#probe = null;
    if (rung >= this.#rung) {
      this.#lookLater();
      return;
    }
    let adopted = false;
    const probe = this.#dial(rung, {
      proved: () => {
        adopted = true;
        clearTimeout(this.#retry);
        this.#link?.close();
        this.#link = probe;
        this.#probe = null;
        this.#rung = rung;
        this.#failures = 0;
        this.#settle();
      },
      trouble: () => {},
      ended: (ending, lived) => {
        if (adopted) this.#fell(ending, lived);
        else this.#lookFor(rung + 1);
      },
    });
    if (!adopted) this.#probe = probe;
  }

  #quiet() {
    clearTimeout(this.#look);
    this.#probe?.close();
    this.#probe = null;
  }
}
