// What the service says of a token, before the page relies on it.

import { authorization } from "./credential.ts";
import { problemOf } from "../problem-of.ts";

const PATIENCE = 15_000;

/** null where the service takes the token; else why not, for the reader. Throws where it says neither. */
export async function inquire(project: string, token: string): Promise<string | null> {
  const headers = { accept: "application/json, application/problem+json", ...authorization(token) };
  const response = await fetch(`/v1/projects/${project}/progress?limit=1`, {
    headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE),
  }).catch(() => { throw new Error("The service did not answer. Check the connection and try again."); });
  if (response.ok) return null;
  const problem = problemOf(response.status, await response.text());
  if (problem.status === 401 || problem.status === 403) return reason(problem.code, problem.message, project);
  throw new Error(problem.message);
}

function reason(code: string, detail: string, project: string): string {
  if (code === "token_expired") return "The token has expired. Paste a newer one.";
  if (code === "invalid_token") {
    return "The service does not know this token. See that it is whole, and meant for this service.";
  }
  if (code !== "forbidden") return detail;
  return detail.includes("scope")
    ? "The token does not allow to watch. Paste one with the scope watch."
    : `The token is not for the project ${project}. Paste one that is.`;
}
