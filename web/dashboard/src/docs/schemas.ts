// A schema for people: the type in one line, then its members, one under the other, nested ones behind a fold.

import type { Schema } from "./documents.ts";
import { nameOf } from "./documents.ts";
import { element, prose, type Child } from "./element.ts";

/** Where the schema of this name is on the page. */
export function anchor(name: string): string {
  return `schema-${name}`;
}

/** What a value may be, in one line; names lead to where they are explained. */
export function typeLine(schema: Schema | boolean): DocumentFragment {
  const all = document.createDocumentFragment();
  all.append(...kinds(schema));
  return all;
}

function kinds(schema: Schema | boolean): Child[] & Node[] {
  const text = (word: string) => [document.createTextNode(word)];
  if (typeof schema === "boolean") return text("any JSON");
  if (schema.$ref) return [element("a", { href: `#${anchor(nameOf(schema.$ref))}` }, nameOf(schema.$ref))];
  if (schema.const !== undefined) return text(JSON.stringify(schema.const));
  if (schema.enum) return text(schema.enum.map((word) => JSON.stringify(word)).join(" | "));
  const some = schema.anyOf ?? schema.oneOf;
  if (some) return joined(some.map(kinds), " | ");
  if (schema.type === "array" && schema.items !== undefined) return [...text("array of "), ...kinds(schema.items)];
  const values = schema.additionalProperties;
  if (schema.type === "object" && typeof values === "object") return [...text("object of "), ...kinds(values)];
  return text([schema.type ?? "object"].flat().join(" | "));
}

function joined(parts: readonly Node[][], between: string): Node[] {
  return parts.flatMap((part, at) => (at ? [document.createTextNode(between), ...part] : part));
}

/** What else must hold of it. */
function limits(schema: Schema): string {
  const range = (low: number | undefined, high: number | undefined, what: string): string =>
    high === undefined && !low ? "" : `${low === undefined ? "up to" : low.toLocaleString("en")}${high === undefined ? " or more" : `${low === undefined ? "" : " to"} ${high.toLocaleString("en")}`}${what}`;
  const whole = schema.maximum === Number.MAX_SAFE_INTEGER;
  return [
    range(schema.minimum, whole ? undefined : schema.maximum, ""),
    range(schema.minLength, schema.maxLength, " characters"),
    range(undefined, schema.maxItems, " items"),
    range(undefined, schema.maxProperties, " names"),
    schema.default === undefined ? "" : `default ${JSON.stringify(schema.default)}`,
  ].filter(Boolean).join(" · ");
}

/** The object within: behind `null`, within a list, or itself. */
function inner(schema: Schema | boolean): Schema | null {
  if (typeof schema === "boolean") return null;
  if (schema.properties) return schema;
  const within = [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items]),
    ...(typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [])];
  for (const one of within) {
    const found = inner(one);
    if (found) return found;
  }
  return null;
}

function member(name: string, schema: Schema, needed: boolean): HTMLElement {
  const nested = inner(schema);
  const rest = limits(schema);
  return element("li", { class: "member" },
    element("span", { class: "member-head" },
      element("code", { class: "member-name" }, name),
      element("span", { class: "type" }, typeLine(schema)),
      needed ? element("span", { class: "needed" }, "required") : null,
      rest && element("span", { class: "limits" }, rest)),
    schema.description && element("p", { class: "quiet" }, prose(schema.description)),
    nested && element("details", { class: "nested" }, element("summary", {}, `${name}: its members`), members(nested)),
  );
}

/** The members of an object, the required first. */
export function members(schema: Schema): HTMLElement {
  const needed = schema.required ?? [];
  const all = Object.entries(schema.properties ?? {});
  const rank = ([name]: [string, Schema]) => {
    const at = needed.indexOf(name);
    return at < 0 ? needed.length : at;
  };
  all.sort((a, b) => rank(a) - rank(b));
  return element("ul", { class: "members" }, ...all.map(([name, one]) => member(name, one, needed.includes(name))));
}

/** All there is to say of a schema. */
export function explained(schema: Schema): HTMLElement {
  const pattern = schema.pattern && schema.pattern !== "^[^\\x00]*$" ? schema.pattern : "";
  const rest = limits(schema);
  return element("div", { class: "schema" },
    schema.properties ? null : element("p", { class: "type" }, typeLine(schema)),
    pattern && element("p", { class: "quiet" }, "matches ", element("code", {}, pattern)),
    rest && element("p", { class: "limits" }, rest),
    schema.properties && members(schema),
  );
}
