// What a bench is asked for on the command line: `--name number`, with a default for each.

import { parseArgs } from "node:util";

/** The numbers given, else those of `defaults`. Any other option is refused. */
export function numbers<Name extends string>(defaults: Record<Name, number>): Record<Name, number> {
  const names = Object.keys(defaults) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  const { values } = parseArgs({ options });
  const result = { ...defaults };
  for (const name of names) {
    const text = values[name];
    if (typeof text !== "string") continue;
    result[name] = Number(text);
    if (!(result[name] > 0)) throw new Error(`--${name} must be a number above 0`);
  }
  return result;
}
