// An example in the order in which its schema names the members: documents keep them sorted, which no reader expects.

import { nameOf, type Schema } from "./documents.ts";

type Schemas = Readonly<Record<string, Schema>>;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema of an object like this one, among what `schema` may mean. */
function fitting(value: unknown, schema: Schema | boolean | undefined, all: Schemas): Schema | null {
  if (schema === undefined || typeof schema === "boolean") return null;
  if (schema.$ref) return fitting(value, all[nameOf(schema.$ref)], all);
  const some = schema.anyOf ?? schema.oneOf;
  if (!some) return isObject(value) === (schema.type === "object" || schema.properties !== undefined) ? schema : null;
  for (const one of some) {
    const found = fitting(value, one, all);
    const constant = found?.properties?.["type"]?.const;
    if (found && (constant === undefined || (isObject(value) && value["type"] === constant))) return found;
  }
  return null;
}

export function arranged(value: unknown, schema: Schema | boolean | undefined, all: Schemas): unknown {
  const own = fitting(value, schema, all);
  if (Array.isArray(value)) return value.map((item) => arranged(item, own?.items, all));
  if (!isObject(value)) return value;
  const needed = own?.required ?? [];
  const known = Object.keys(own?.properties ?? {});
  const names = [...needed, ...known, ...Object.keys(value)].filter((name) => name in value);
  const others = own?.additionalProperties;
  return Object.fromEntries([...new Set(names)].map((name) => [name, arranged(value[name], own?.properties?.[name] ?? others, all)]));
}
