// A refusal of a route that is not the client's, in the client's words.

import { Problem } from "../../src/problem.ts";

export function problemOf(status: number, text: string, retryAfter: string | null = null): Problem {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Not the service's own answer: a proxy's page, or nothing.
  }
  const part = (name: string) => {
    const value = typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : null;
    return typeof value === "string" ? value : null;
  };
  const seconds = Number(retryAfter ?? NaN);
  return new Problem(
    status, part("code") ?? "refused", part("detail") ?? `The service answered ${status}.`,
    Number.isNaN(seconds) ? null : seconds,
  );
}
