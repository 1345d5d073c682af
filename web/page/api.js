// Requests of this page to the service, other than watching. A refusal is thrown as a `Problem`,
// whose message can be shown to a person.

import { observe } from "./clock.js";

/** What went wrong, in the service's words where it said something. */
export class Problem extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/** Asks for `path`; gives the JSON of the answer, or null where it had none. Throws a `Problem`. */
export async function request(path, { method = "GET", body = undefined, type = "application/json" } = {}) {
  let response;
  try {
    const headers = { accept: "application/json, application/problem+json" };
    if (body !== undefined) headers["content-type"] = type;
    response = await fetch(path, { method, headers, body, cache: "no-store" });
  } catch {
    throw new Problem("The service did not answer. Check the connection and try again.");
  }
  observe(response.headers.get("date"));
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new Problem(answer?.detail ?? answer?.title ?? `The service answered ${response.status}.`, response.status);
}

/** The same with a JSON body. */
export function post(path, body) {
  return request(path, { method: "POST", body: JSON.stringify(body) });
}
