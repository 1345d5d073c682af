// The token as last given by the app. Knows when to ask for another, not what it says.

export interface TokenSource {
  /** The one at hand; asks where there is none yet. */
  current(): Promise<string | null>;
  /** Another one than that which was refused. */
  instead(refused: string | null): Promise<string | null>;
  /** One that no connection was opened with yet, as new as can be. */
  next(): Promise<string | null>;
}

/** For how long a token that was asked for otherwise will do for a connection, in milliseconds. */
const NEW = 5_000;

export function createTokenSource(give: (() => Promise<string | null>) | undefined): TokenSource {
  let held: string | null | undefined;
  let used = false;
  let given = 0;
  let asking: Promise<string | null> | null = null;

  // Many may want one at the same time: the app is asked once.
  function ask(): Promise<string | null> {
    asking ??= (async () => {
      try {
        held = (await give?.()) ?? null;
      } catch {
        held = null;
      }
      asking = null;
      used = false;
      given = Date.now();
      return held;
    })();
    return asking;
  }

  async function current(): Promise<string | null> {
    return held === undefined || asking ? ask() : held;
  }

  return {
    current,
    instead: async (refused) => (held === refused ? ask() : current()),
    async next() {
      const token = await (used || !held || Date.now() - given > NEW ? ask() : current());
      used = true;
      return token;
    },
  };
}
