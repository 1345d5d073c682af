// What each kind of job is doing and has counted: what is found, and above all what is wrong with it.

import { useSummary } from "../../../src/react.ts";
import { number, words } from "../../../src/display/format.ts";
import { Link } from "../link.tsx";
import { useRoute } from "../navigation.ts";
import { kindsOf } from "./kind-lines.ts";

export function Kinds() {
  const summary = useSummary();
  const { filters } = useRoute();
  const kinds = summary === null ? [] : kindsOf(summary);
  if (summary !== null && kinds.length === 0) return null;
  return (
    <ul className="kinds" aria-label="Kinds of jobs" aria-busy={summary === null}>
      {kinds.map(({ kind, active, counters }) => (
        <li key={kind}>
          <Link className="kind" to={{ filters: { ...filters, kind: filters.kind === kind ? "" : kind } }}
            aria-current={filters.kind === kind ? "true" : undefined}>
            <span className="kind-head">
              <span className="kind-name">{kind}</span>
              <span className="kind-active">{active > 0 ? `${number(active)} active` : "idle"}</span>
            </span>
            <span className="kind-counters">
              {counters.map(({ name, value, grave }) => (
                <span key={name} className="kind-counter" data-grave={grave && value > 0 ? "" : undefined}>
                  <span className="kind-value">{number(value)}</span> {words(name)}
                </span>
              ))}
              {counters.length === 0 && <span className="kind-counter">nothing counted in 24 h</span>}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
