// Requests of this page to the service, other than watching. A refusal is thrown as a `Problem`,
// whose message can be shown to a person.

import { observe } from "./clock.js";
import { authorization } from "./credential.js";
import { pass } from "./gate.js";

/** What went wrong, in the service's words where it said something. */
export class Problem extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/**
 * Asks for `path`; gives the JSON of the answer, or null where it had none. Throws a `Problem`.
 * Where a token is wanted, the reader is asked for it first.
 */
export async function request(path, options = {}) {
  let response = await send(path, options);
  if (response.status === 401) {
    await pass();
    response = await send(path, options);
  }
  observe(response.headers.get("date"));
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new Problem(answer?.detail ?? answer?.title ?? `The service answered ${response.status}.`, response.status);
}

async function send(path, { method = "GET", body = undefined, type = "application/json" }) {
  const headers = { accept: "application/json, application/problem+json", ...authorization() };
  if (body !== undefined) headers["content-type"] = type;
  try {
    return await fetch(path, { method, headers, body, cache: "no-store" });
  } catch {
    throw new Problem("The service did not answer. Check the connection and try again.");
  }
}

/** The same with a JSON body. */
export function post(path, body) {
  return request(path, { method: "POST", body: JSON.stringify(body) });
}
