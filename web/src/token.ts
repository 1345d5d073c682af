// How long a token lives, as far as it says itself. Trusts nothing in it: the service judges it.

function claims(token: string): { readonly [name: string]: unknown } {
  try {
    const part = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const read: unknown = JSON.parse(atob(part));
    return typeof read === "object" && read ? { ...read } : {};
  } catch {
    return {};
  }
}

/** In how many milliseconds to ask for the next one: at 80 % of its life. Null = it does not say when it ends, or this
 * clock says that it has, which is for the service to judge. */
export function refreshIn(token: string | null, now: number): number | null {
  const { exp, iat } = claims(token ?? "");
  if (typeof exp !== "number" || exp * 1000 <= now) return null;
  const born = typeof iat === "number" ? Math.min(iat * 1000, now) : now;
  // Where its time has come already, the one who gives tokens is not to be asked without a breath.
  return Math.min(2 ** 31 - 1, Math.max(5000, born + 0.8 * (exp * 1000 - born) - now));
}
