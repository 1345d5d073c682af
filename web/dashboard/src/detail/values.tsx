// An object that only its maker understands, readable anyway: plain values as they are, nested ones as JSON.

import { number, words } from "../../../src/display/format.ts";
import type { Json, JsonObject } from "../../../src/job.ts";

export function Values({ object }: { readonly object: JsonObject }) {
  return (
    <dl className="values">
      {Object.entries(object).map(([name, value]) => (
        <div key={name}>
          <dt>{words(name)}</dt>
          <dd><Value value={value} /></dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ value }: { readonly value: Json }) {
  if (value === null) return "–";
  if (typeof value === "number") return <span className="digits">{number(value)}</span>;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  return <pre>{JSON.stringify(value, null, 2)}</pre>;
}
