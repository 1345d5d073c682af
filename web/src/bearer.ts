// The token as last given by the app. Knows when to ask for another, not what it says.

export interface Bearer {
  /** The one at hand; asks where there is none yet. */
  current(): Promise<string | null>;
  /** Another one than that which was refused. */
  instead(refused: string | null): Promise<string | null>;
  /** One that no connection was opened with yet. */
  next(): Promise<string | null>;
}

export function createBearer(give: (() => Promise<string | null>) | undefined): Bearer {
  let held: string | null | undefined;
  let used = false;
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
      const token = await (used || !held ? ask() : current());
      used = true;
      return token;
    },
  };
}
