// The search over what the demonstration has ingested: what is asked, and what comes back. Text only, no markup.

import { Problem } from "../../../src/problem.ts";
import { authorization } from "../gate/credential.ts";
import { problemOf } from "../problem-of.ts";

export interface Found {
  /** How many documents match, near duplicates of each other counted once. */
  readonly documents: number;
  readonly hits: readonly Hit[];
}

export interface Hit {
  readonly collection: string;
  readonly path: string;
  readonly title: string;
  readonly authors: readonly string[];
  readonly published: string | null;
  readonly heading: string;
  readonly snippet: readonly { readonly text: string; readonly hit: boolean }[];
  readonly near_duplicates: readonly string[];
}

export async function searchDocuments(query: string, signal: AbortSignal): Promise<Found> {
  const address = `/demo/ingestions/search?q=${encodeURIComponent(query)}`;
  const headers = { accept: "application/json", ...authorization() };
  const response = await fetch(address, { headers, signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Problem(0, "unreachable", "The service did not answer.");
  });
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text, response.headers.get("retry-after"));
  const body: unknown = JSON.parse(text);
  if (!isFound(body)) throw new Problem(response.status, "unreadable", "The answer could not be read.");
  return body;
}

function isFound(body: unknown): body is Found {
  return typeof body === "object" && body !== null && "documents" in body && "hits" in body && Array.isArray(body.hits);
}
