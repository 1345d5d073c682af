// How long a token lives, as far as it says itself. Trusts nothing in it: the service judges it.

/** Milliseconds between two questions for a token, at least. */
const LEAST = 5000;

function claims(token: string): { readonly [name: string]: unknown } {
  try {
    const part = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const read: unknown = JSON.parse(atob(part));
    return typeof read === "object" && read ? { ...read } : {};
  } catch {
    return {};
  }
}

/** In how many milliseconds to ask for the next one: at 80 % of its life; null = it does not say when it ends. Its
 * times are the service's, and this clock may be wrong: a token that cannot be as old as it seems is taken for new.
 * `fresh` = it was given just now, in place of another. */
export function refreshIn(token: string | null, now: number, fresh = false): number | null {
  const { exp, iat } = claims(token ?? "");
  if (typeof exp !== "number") return null;
  const born = typeof iat === "number" ? iat * 1000 : now;
  const life = exp * 1000 - born;
  if (life <= 0) return null;
  const wait = 0.8 * life - Math.max(0, now - born);
  const wrong = now - born >= life || (fresh && wait < LEAST);
  // Where its time has come already, the one who gives tokens is not to be asked without a breath.
  return Math.min(2 ** 31 - 1, Math.max(LEAST, wrong ? 0.8 * life : wait));
}
