// The face that the three ways to watch share, so that whoever chooses between them need not know how they work. What
// is heard is told in the words of the contract's WebSocket messages, whichever way it came.

import type { Ending } from "./ending.ts";
import type { Selection } from "./selector.ts";

/** One subscription, numbered within its link. */
export interface Line {
  readonly id: number;
  readonly selection: Selection;
  readonly cursor: string | null;
}

/** A frame, or anything else the service says: `synced`, `reset`, `gone`, `stale`, `summary`, … Not checked. */
export interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Endpoint {
  /** The project's address, without a slash at its end. */
  readonly base: string;
  readonly token: string | null;
  /** Nobody looks: what has to be asked for may come slowly. */
  readonly hidden: boolean;
}

export interface Receiver {
  message(message: Message): void;
  /** Something that nobody understands. */
  bad(what: unknown): void;
  /** The link is dead; said once, and not after `close`. */
  over(ending: Ending): void;
}

export interface Link {
  add(line: Line): void;
  remove(id: number): void;
  /** Whether the tiles are wanted. */
  summary(on: boolean): void;
  /** Goes on with another token. */
  renew(token: string): void;
  hide(hidden: boolean): void;
  /** Has the service prove that it is still there; where it does not, the link is over. */
  check(): void;
  close(): void;
}

export type Transport = (endpoint: Endpoint, receiver: Receiver) => Link;

/** The number of the tiles' subscription; that of a line is higher. */
export const SUMMARY = 1;

/** The first sign of life has to come within this time. Milliseconds. */
const PROOF = 5000;
/** The service speaks every 15 s: silence for longer than two of those is a dead line. */
const SILENCE = 35_000;

/** Calls `dead` when nothing was heard for too long. */
export function watchdog(dead: () => void): { heard(): void; expect(): void; stop(): void } {
  let timer = setTimeout(dead, PROOF);
  const within = (time: number) => () => {
    clearTimeout(timer);
    timer = setTimeout(dead, time);
  };
  return { heard: within(SILENCE), expect: within(PROOF), stop: () => clearTimeout(timer) };
}

/** The object that a text says; null = none. */
export function parse(text: string): { readonly [field: string]: unknown } | null {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read && !Array.isArray(read) ? { ...read } : null;
  } catch {
    return null;
  }
}
