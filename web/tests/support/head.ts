// What a request asks for, by its head: enough to tell the three transports apart, and from everything else.

export type RequestKind = "websocket" | "events" | "polling" | "other";

/** The kind of the request that `bytes` begin with; null where they do not begin one. */
export function requestKind(bytes: Buffer): RequestKind | null {
  const text = bytes.toString("latin1");
  const line = /^(?:GET|POST|PUT|DELETE|HEAD|OPTIONS) (\S+) HTTP\/1\.1\r\n/.exec(text);
  if (!line?.[1]) return null;
  const [path = ""] = line[1].split("?");
  if (/^\/v1\/projects\/[^/]+\/ws$/.test(path)) return "websocket";
  if (/^\/v1\/projects\/[^/]+\/events$/.test(path)) return "events";
  return /^\/v1\/projects\/[^/]+\/progress$/.test(path) ? "polling" : "other";
}
