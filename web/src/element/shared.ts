// One client for all elements of a page that speak to the same project of the same service. It is made for the first
// and closed after the last.

import type { ClientOptions, ProgressClient } from "../client.ts";

export type TokenFunction = () => Promise<string | null>;
export type CreateClient = (options: ClientOptions) => ProgressClient;

interface Wanted {
  readonly url: string;
  readonly project: string;
  /** The element's own; else what was registered for all. */
  readonly token: TokenFunction | undefined;
}

interface Shared {
  readonly client: ProgressClient;
  readonly tokens: Set<TokenFunction>;
  users: number;
}

interface Clients {
  /** The client, and a function that lets go of it. */
  take(wanted: Wanted): { readonly client: ProgressClient; readonly release: () => void };
}

let registered: TokenFunction | undefined;
const waiting = new Set<() => void>();

/** Says for all elements of the page where a token comes from. A token is never an attribute: a page's text is no place
 * for it. */
export function registerToken(token: TokenFunction): void {
  registered = token;
  for (const listener of [...waiting]) listener();
}

/** Calls `listener` whenever a token function is registered. */
export function onRegistered(listener: () => void): () => void {
  waiting.add(listener);
  return () => void waiting.delete(listener);
}

export function createClients(create: CreateClient): Clients {
  const all = new Map<string, Shared>();
  return {
    take({ url, project, token = registered }) {
      // Without a token the client is another one: it must not ask for what nobody has.
      const key = JSON.stringify([url, project, token !== undefined]);
      let shared = all.get(key);
      if (!shared) {
        const tokens = new Set<TokenFunction>();
        const newest = async () => (await [...tokens].at(-1)?.()) ?? null;
        shared = { client: create({ url, project, ...(token && { token: newest }) }), tokens, users: 0 };
        all.set(key, shared);
      }
      const { client, tokens } = shared;
      const held = shared;
      const own = token && (() => token());
      if (own) tokens.add(own);
      held.users += 1;
      return {
        client,
        release() {
          if (own) tokens.delete(own);
          held.users -= 1;
          if (held.users > 0) return;
          all.delete(key);
          client.close();
        },
      };
    },
  };
}
