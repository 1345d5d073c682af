// Single requests to the service, and how it words a refusal of them.

import { byReason, byStatus, type Ending } from "../ending.ts";
import { pairsOf, type Selection } from "../selector.ts";
import { parse, type Site } from "../transport.ts";

export function request(
  { base, token }: Site,
  path: string,
  { accept = "application/json", signal }: { readonly accept?: string; readonly signal: AbortSignal },
): Promise<Response> {
  const headers: Record<string, string> = { accept };
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  return fetch(base + path, { headers, signal, cache: "no-store" });
}

/** The query of a selection, with what else is asked; null = left out. */
export function query(selection: Selection, more: { readonly [name: string]: string | number | null }): string {
  const others = Object.entries(more).filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)]);
  return "?" + new URLSearchParams([...pairsOf(selection), ...others]);
}

export interface Refusal {
  readonly ending: Ending;
  readonly code: string;
  readonly detail: string;
  /** Whether it is the request that is refused, and not the one who asks. */
  readonly own: boolean;
}

export async function refusal(response: Response): Promise<Refusal> {
  const { status } = response;
  const problem = parse(await response.text().catch(() => "")) ?? {};
  const after = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const ending = byStatus(status, Number.isNaN(after) ? null : after);
  return {
    ending,
    code: typeof problem["code"] === "string" ? problem["code"] : ending.reason,
    detail: typeof problem["detail"] === "string" ? problem["detail"] : `the service answered ${status}`,
    own: status === 404 || status === 400 || status === 422,
  };
}

/** Why a handshake may have been refused, which a browser does not tell: asked in a way that is answered. */
export async function inquire(site: Site): Promise<Ending> {
  try {
    const response = await request(site, "/progress?limit=1", { signal: AbortSignal.timeout(5000) });
    return response.ok ? byReason("lost") : (await refusal(response)).ending;
  } catch {
    return byReason("lost");
  }
}
