// The demonstration behind the service, where there is one: its feeds, its samples, and the requests that start
// something. Elsewhere `/demo` is not found, and the views of it are not shown.

import { Problem } from "../../../src/problem.ts";
import { cell } from "../cell.ts";
import { authorization } from "../gate/credential.ts";
import { problemOf } from "../problem-of.ts";

export interface Demo {
  readonly project: string;
  readonly pace: number;
  readonly upload_limit: number;
  readonly feeds: readonly { readonly id: string; readonly title: string }[];
  readonly repositories: readonly { readonly id: string; readonly title: string; readonly files: number }[];
  readonly samples: readonly { readonly name: string }[];
  readonly targets: readonly { readonly id: string; readonly title: string; readonly packages: number; readonly unit: string }[];
  /** For whom targets are audited. */
  readonly people: readonly string[];
  readonly collections: readonly { readonly id: string; readonly title: string; readonly documents: number }[];
}

/** undefined = not asked yet, null = there is none. */
export const demo = cell<Demo | null | undefined>(undefined);

export async function findDemo(project: string): Promise<void> {
  const found = await ask().catch(() => null);
  demo.set(found?.project === project ? found : null);
}

async function ask(): Promise<Demo | null> {
  const response = await fetch("/demo", { headers: { accept: "application/json", ...authorization() } });
  if (!response.ok) return null;
  const body: unknown = await response.json();
  return isDemo(body) ? body : null;
}

function isDemo(body: unknown): body is Demo {
  return typeof body === "object" && body !== null && "feeds" in body && Array.isArray(body.feeds) &&
    ["feeds", "samples", "repositories", "targets", "people", "collections"].every((name) => name in body) &&
    "project" in body && "upload_limit" in body;
}

/** Starts a sync; the id of its job. */
export function startSync(feed: string): Promise<string> {
  return start(`/demo/feeds/${encodeURIComponent(feed)}/sync`);
}

/** Scans a repository; the id of its job. */
export function startScan(repository: string): Promise<string> {
  return start(`/demo/scans?repository=${encodeURIComponent(repository)}`);
}

/** Ingests a collection; the id of its job. */
export function startIngestion(collection: string): Promise<string> {
  return start(`/demo/ingestions?collection=${encodeURIComponent(collection)}`);
}

/** Imports one of the samples; the id of its job. */
export function importSample(name: string): Promise<string> {
  return start(`/demo/imports?sample=${encodeURIComponent(name)}`);
}

/** Audits a target for a person; the id of its job. */
export function startAudit(target: string, owner: string): Promise<string> {
  return start(`/demo/audits?${new URLSearchParams({ target, owner })}`);
}

async function start(path: string): Promise<string> {
  const response = await fetch(path, { method: "POST", headers: authorization() })
    .catch(() => { throw new Problem(0, "unreachable", "The service did not answer."); });
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text, response.headers.get("retry-after"));
  return jobOf(text);
}

/** The job that an answer names. */
export function jobOf(text: string): string {
  const body: unknown = JSON.parse(text);
  return typeof body === "object" && body !== null && "job" in body && typeof body.job === "string" ? body.job : "";
}
