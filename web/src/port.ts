// What a page and the one who holds the connection say to each other. Only plain data, so that it can cross the port of
// a worker or of another tab as it is. Types only.

import type { Connection } from "./connection.ts";
import type { Frame, Selector, Summary } from "./job.ts";

/** What a page asks for. `watch` is a number of its own, unique within the page. */
export type Command =
  | { readonly op: "watch"; readonly watch: number; readonly selector: Selector }
  | { readonly op: "unwatch"; readonly watch: number }
  | { readonly op: "summary"; readonly on: boolean }
  /** Tries at once, with fresh attempts. */
  | { readonly op: "reconnect" }
  /** Whether anybody looks: hidden pages are polled slowly, seen ones are worth another look at a better transport. */
  | { readonly op: "visible"; readonly visible: boolean }
  /** The network is back, or gone. */
  | { readonly op: "online"; readonly online: boolean }
  /** The answer to `token`; null = there is none. */
  | { readonly op: "token"; readonly token: string | null };

/** What a page is told. Frames come in order and already checked; versions of a job never fall on one port, and the one
 * that is held comes again only for a new watch, or a reset. */
export type Update =
  | { readonly type: "frames"; readonly frames: readonly Frame[] }
  /** The watch has all there is now. */
  | { readonly type: "synced"; readonly watch: number }
  /** The jobs of this watch are about to be given anew: what is not among them by `synced` is gone. */
  | { readonly type: "reset"; readonly watch: number }
  /** Every job named by this watch is terminal: nothing more will come. */
  | { readonly type: "finished"; readonly watch: number }
  /** This watch cannot be had: `not_found`, `forbidden`, `limited`, … */
  | { readonly type: "refused"; readonly watch: number; readonly code: string; readonly detail: string }
  | { readonly type: "gone"; readonly job: string }
  | { readonly type: "summary"; readonly summary: Summary }
  | { readonly type: "connection"; readonly connection: Connection }
  /** A token is wanted: answer with the command `token`. */
  | { readonly type: "token" }
  /** Somebody else holds the connection now, who knows of nothing yet: say it all again. */
  | { readonly type: "detached" };

/** A page's end of the line. */
export interface Port {
  send(command: Command): void;
  close(): void;
}

/** Whoever holds the connection: the page itself, a worker, or another tab. */
export interface Host {
  attach(listener: (update: Update) => void): Port;
}
