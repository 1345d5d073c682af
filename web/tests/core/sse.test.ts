// The parser of event streams: the standard's rules, and that no cut through the bytes changes what is read.

import { expect, test } from "vitest";
import { eventParser, readEvents, type ServerEvent } from "../../src/sse.ts";

async function read(bytes: Uint8Array, cuts: readonly number[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  const ends = [...cuts, bytes.length];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      ends.forEach((end, n) => controller.enqueue(bytes.slice(n ? ends[n - 1] : 0, end)));
      controller.close();
    },
  });
  await readEvents(body, (event) => events.push(event));
  return events;
}

const text = (value: string) => new TextEncoder().encode(value);
const whole = (value: string) => read(text(value), []);

test("events as the service writes them", async () => {
  expect(await whole('retry: 1500\n\nid: c1\ndata: {"a":1}\n\nevent: ping\nid: c2\ndata: {}\n\n: hello\n\n')).toEqual([
    { event: "message", data: '{"a":1}', id: "c1" },
    { event: "ping", data: "{}", id: "c2" },
  ]);
});

test.each([
  ["data:a\ndata: b\ndata:  c\n\n", [{ event: "message", data: "a\nb\n c", id: null }]],
  ["data\n\n", [{ event: "message", data: "", id: null }]],
  ["data: a:b: c\n\n", [{ event: "message", data: "a:b: c", id: null }]],
  ["event: x\n\ndata: y\n\n", [{ event: "message", data: "y", id: null }]], // without data no event
  ["data: x\nid: a\0b\n\n", [{ event: "message", data: "x", id: null }]],
  ["data: x\nid\n\n", [{ event: "message", data: "x", id: "" }]],
  ["foo: bar\n:data: no\nDATA: no\ndata: x\n\n", [{ event: "message", data: "x", id: null }]],
  ["data: cut off\n", []],
  ["data: x\r\rdata: y\r\n\r\ndata: z\n\n", ["x", "y", "z"].map((data) => ({ event: "message", data, id: null }))],
  ["\uFEFFdata: x\n\n", [{ event: "message", data: "x", id: null }]],
  ["\uFEFF\uFEFFdata: x\n\n", []],
] as [string, ServerEvent[]][])("%j", async (stream, events) => {
  expect(await whole(stream)).toEqual(events);
});

test("an event is handed on as soon as its last line ends, whichever way it ends", () => {
  for (const end of ["\n", "\r", "\r\n"]) {
    const events: string[] = [];
    const parse = eventParser(({ data }) => events.push(data));
    parse(`data: 1${end}${end}`);
    expect(events).toEqual(["1"]);
    parse(`data: 2${end}${end}`);
    expect(events).toEqual(["1", "2"]);
  }
});

test("cuts anywhere, in the middle of a character too, change nothing", async () => {
  let state = 11;
  const roll = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pieces = [
    "data: ",
    "id: ",
    "event: ",
    ":",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\n\r\n",
    "é",
    "🦀",
    "x",
    " ",
    "\uFEFF",
  ];
  for (let run = 0; run < 300; run += 1) {
    const stream = text(Array.from({ length: 40 }, () => pieces[roll(pieces.length)]).join(""));
    const expected = await read(stream, []);
    const cuts = [...new Set(Array.from({ length: roll(30) }, () => roll(stream.length)))].sort((a, b) => a - b);
    expect(await read(stream, cuts)).toEqual(expected);
    expect(await read(stream, Array.from(stream.keys()))).toEqual(expected);
  }
});
