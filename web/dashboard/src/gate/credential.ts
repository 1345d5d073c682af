// The token that this page shows a service which asks for one. Kept in memory and, so that a reload does not ask again,
// in the session of this tab; it leaves in headers and sub-protocols only. Never in an address, never in the console.

const KEY = "milepost.token";
/** Three parts, of nothing but what a header and the name of a sub-protocol can hold. */
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const listeners = new Set<() => void>();
let held = stored();

/** Whether a text looks like a token at all. */
export function isToken(text: string): boolean {
  return FORM.test(text);
}

export function token(): string | null {
  return held;
}

/** Keeps a token until it is forgotten, or the tab closed. */
export function keepToken(text: string): void {
  held = text;
  session((storage) => storage.setItem(KEY, text));
  for (const listener of listeners) listener();
}

export function forgetToken(): void {
  held = null;
  session((storage) => storage.removeItem(KEY));
  for (const listener of listeners) listener();
}

export function subscribeToken(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The header that shows the token; none where there is none to show. */
export function authorization(text: string | null = held): Record<string, string> {
  return text === null ? {} : { authorization: `Bearer ${text}` };
}

/** When a token ends, in milliseconds since 1970, as it says of itself; null where it does not. */
export function expiry(text: string): number | null {
  try {
    const claims: unknown = JSON.parse(atob((text.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")));
    const named = typeof claims === "object" && claims !== null && "exp" in claims;
    return named && typeof claims.exp === "number" ? claims.exp * 1000 : null;
  } catch {
    return null;
  }
}

function stored(): string | null {
  const text = session((storage) => storage.getItem(KEY)) ?? "";
  return isToken(text) ? text : null;
}

// A browser may be set to refuse the storage, and throws then: memory has to do.
function session<T>(act: (storage: Storage) => T): T | null {
  try {
    return act(sessionStorage);
  } catch {
    return null;
  }
}
