// Single requests to the service, and how it words a refusal of them.

import { byReason, byStatus, type Ending } from "../ending.ts";
import { pairsOf, type Selection } from "../selector.ts";
import { parse, type Endpoint, SUMMARY } from "../transport.ts";

export function request({ base, token }: Endpoint, path: string, signal: AbortSignal): Promise<Response> {
  const headers: HeadersInit = token === null ? {} : { authorization: `Bearer ${token}` };
  return fetch(base + path, { headers, signal, cache: "no-store" });
}

/** The query of a selection, with what else is asked; null = left out. */
export function query(selection: Selection, more: { readonly [name: string]: string | number | null }): string {
  const pairs = pairsOf(selection);
  for (const [name, value] of Object.entries(more)) if (value !== null) pairs.push([name, String(value)]);
  return "?" + new URLSearchParams(pairs);
}

interface Refusal {
  readonly ending: Ending;
  readonly code: string;
  readonly detail: string;
  /** Whether it is what was asked that is refused, and not the one who asks. */
  readonly own: boolean;
}

export async function refusal(response: Response, id?: number): Promise<Refusal> {
  const { status } = response;
  const { code, detail } = parse(await response.text().catch(() => "")) ?? {};
  const after = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const ending = byStatus(status, Number.isNaN(after) ? null : after);
  return {
    ending,
    code: typeof code === "string" ? code : ending.reason,
    detail: typeof detail === "string" ? detail : `the service answered ${status}`,
    // Who may not see all jobs may not see the tiles.
    own: status === 404 || status === 400 || status === 422 || status === 403 && id === SUMMARY,
  };
}

/** Why a handshake may have been refused, which a browser does not tell: asked in a way that is answered. */
export async function inquire(endpoint: Endpoint): Promise<Ending> {
  try {
    const response = await request(endpoint, "/progress?limit=1", AbortSignal.timeout(5000));
    return response.ok ? byReason("lost") : (await refusal(response)).ending;
  } catch {
    return byReason("lost");
  }
}

/** Why a selection is refused; null = it is not. Throws where that cannot be told now. */
export async function verdict(endpoint: Endpoint, selection: Selection): Promise<Refusal | null> {
  const response = await request(endpoint, "/progress" + query(selection, { limit: 1 }), AbortSignal.timeout(5000));
  if (response.ok) return null;
  const refused = await refusal(response);
  if (!refused.own) throw new Error(refused.detail);
  return refused;
}

/** Which of these jobs do not exist. */
export async function missing(endpoint: Endpoint, jobs: readonly string[]): Promise<string[]> {
  if (!jobs.length || jobs.length <= 100 && !await verdict(endpoint, { job: jobs })) return [];
  if (jobs.length === 1) return [...jobs];
  const half = jobs.length >> 1;
  return [...await missing(endpoint, jobs.slice(0, half)), ...await missing(endpoint, jobs.slice(half))];
}
