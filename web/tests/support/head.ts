// What a request asks for, by its head: enough to tell the three transports apart, and from everything else.

export type RequestKind = "websocket" | "events" | "polling" | "other";

export interface RequestHead {
  readonly kind: RequestKind;
  /** Without the query. */
  readonly path: string;
}

const KINDS: { readonly [end: string]: RequestKind } = { ws: "websocket", events: "events", progress: "polling" };

/** The request that `bytes` begin with; null where they do not begin one. */
export function requestHead(bytes: Buffer): RequestHead | null {
  const line = /^(?:GET|POST|PUT|DELETE|HEAD|OPTIONS) ([^ ?]+)\S* HTTP\/1\.1\r\n/.exec(bytes.toString("latin1"));
  const path = line?.[1];
  if (path === undefined) return null;
  const end = /^\/v1\/projects\/[^/]+\/([^/]+)$/.exec(path)?.[1] ?? "";
  return { path, kind: KINDS[end] ?? "other" };
}
