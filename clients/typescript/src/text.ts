// Texts and objects within the limits of the contract: what the job hands over is cut or left out here, so that no
// length and no odd character costs a report, least of all an ending.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The limits, in characters and bytes: section 8 of the contract. */
export const MAX = {
  title: 200, message: 1000, notice: 500, name: 64, unit: 32, worker: 255,
  data: 1024, metadata: 4096, result: 16_384, counters: 32,
} as const;

/** Levels of an object: a report has 32 in all. */
const DEPTH = 24;

/** `text` in at most `max` characters, an ellipsis at the end of what was cut. */
export function cut(text: unknown, max: number): string {
  // A control character takes six bytes as JSON, and shows nothing.
  const whole = String(text).replace(/[\0-\x08\v\f\x0e-\x1f]/g, "\ufffd");
  return whole.length > max ? `${whole.slice(0, max - 1)}…` : whole;
}

/** JSON that the service can store: without U+0000 and without halves of surrogate pairs, which Postgres has no place for. */
export function json(value: unknown): string {
  const text = JSON.stringify(value) ?? "null"; // a function, for one, has no JSON
  if (!text.includes("\\u")) return text;
  return text
    .replace(/(?<!\\)((?:\\\\)*)\\u0000/g, "$1")
    .replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, "$1\ufffd");
}

/** A copy of `value` as a JSON object of at most `max` bytes; where that cannot be, one that says why in `left_out`. */
export function object(value: unknown, max: number): JsonObject {
  try {
    const copy = JSON.parse(json(value)) as Json;
    if (copy === null) return {};
    const whole = typeof copy === "object" && !Array.isArray(copy) ? copy as JsonObject : { value: copy };
    if (depth(whole) > DEPTH) return { left_out: `nested more than ${DEPTH} deep` };
    const size = bytes(whole);
    return size <= max ? whole : { left_out: `${size} bytes, of which at most ${max} are kept` };
  } catch (error) {
    return { left_out: cut(`not JSON: ${error instanceof Error ? error.message : error}`, 200) };
  }
}

function depth(value: Json): number {
  return typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;
}

/** Bytes of `value` as JSON. */
export function bytes(value: unknown): number {
  return new TextEncoder().encode(json(value)).length;
}

/** Without the fields that are not there. */
export function given(fields: { readonly [key: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}
