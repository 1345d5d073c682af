// The token that this page shows a service which asks for one. It is kept in memory and, so that
// a reload does not ask again, in the session of this tab; it leaves in headers and sub-protocols
// only. Never in an address, which is logged and shared, and never in the console.

const KEY = "milepost.token";
/** Three parts, of nothing but what a header and the name of a sub-protocol can hold. */
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

let held = stored();

/** Whether a text looks like a token at all. */
export function isToken(text) {
  return FORM.test(text);
}

/** The token, or null. */
export function token() {
  return held;
}

/** Keeps a token until it is forgotten, or the tab closed. */
export function keep(text) {
  held = text;
  session((storage) => storage.setItem(KEY, text));
}

/** Lets go of the token. */
export function forget() {
  held = null;
  session((storage) => storage.removeItem(KEY));
}

/** The header that shows a token; none where there is none to show. */
export function authorization(text = held) {
  return text === null ? {} : { authorization: `Bearer ${text}` };
}

function stored() {
  const text = session((storage) => storage.getItem(KEY)) ?? "";
  return isToken(text) ? text : null;
}

// A browser may be set to refuse the storage, and throws then: memory has to do.
function session(act) {
  try {
    return act(sessionStorage);
  } catch {
    return null;
  }
}
