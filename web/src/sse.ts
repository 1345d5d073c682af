// Server-sent events out of a stream of bytes, as the standard parses them, for `fetch`, which unlike EventSource can
// send headers and tells a refusal. Bytes may be cut anywhere. `retry` is not read: when to come back is decided
// elsewhere.

export interface ServerEvent {
  /** `message` where it has no name. */
  readonly event: string;
  readonly data: string;
  /** The id that came with this very event; null = none. */
  readonly id: string | null;
}

/** Takes text in pieces, and hands on each event as soon as it is complete. */
export function eventParser(take: (event: ServerEvent) => void): (piece: string) => void {
  let rest = "";
  let cut = false; // whether the last piece ended with a CR, which may be half of a CRLF
  let [event, data, id] = ["", [] as string[], null as string | null];

  function line(text: string): void {
    if (text === "") {
      if (data.length) take({ event: event || "message", data: data.join("\n"), id });
      [event, data, id] = ["", [], null];
      return;
    }
    const [, field, value = ""] = /^([^:]*)(?:: ?([^]*))?$/.exec(text) ?? [];
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
  }

  return (piece) => {
    if (piece === "") return;
    const text = rest + (cut && piece.startsWith("\n") ? piece.slice(1) : piece);
    let at = 0;
    for (const end of text.matchAll(/\r\n|\n|\r/g)) {
      line(text.slice(at, end.index));
      at = end.index + end[0].length;
    }
    rest = text.slice(at);
    cut = piece.endsWith("\r");
  };
}

/** Reads a body to its end. */
export async function readEvents(body: ReadableStream<Uint8Array>, take: (event: ServerEvent) => void): Promise<void> {
  const parse = eventParser(take);
  const decoder = new TextDecoder(); // takes a byte order mark away
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    parse(decoder.decode(read.value, { stream: true }));
  }
}
