// The numbers of the whole project, pushed by the service. Each tile is a link to the jobs it counts.

import { useSummary } from "../../../src/react.ts";
import { number } from "../../../src/display/format.ts";
import type { Summary } from "../../../src/job.ts";
import { Link } from "../link.tsx";
import { useRoute } from "../navigation.ts";
import { NO_FILTERS, type StatusFilter } from "./filters.ts";

export function Tiles() {
  const summary = useSummary();
  const by = summary?.by_status;
  const active = by && (by.queued ?? 0) + (by.running ?? 0) + (by.cancelling ?? 0);
  const day = summary?.last_24h;
  return (
    <ul className="tiles" aria-label="Numbers of the project" aria-busy={summary === null}>
      <Tile label="Active" status="active" value={active} note={by ? breakdown(by) : ""} tone="active" />
      <Tile label="Stalled" status="running" value={summary?.stalled} note="no word from the worker" tone="warn" />
      <Tile label="Completed" status="completed" value={day?.completed} note="in 24 h" tone="good" />
      <Tile label="Failed" status="failed" value={day?.failed} note="in 24 h" tone="bad" />
      <Tile label="Cancelled" status="cancelled" value={day?.cancelled} note="in 24 h" tone="off" />
    </ul>
  );
}

function breakdown(by: Summary["by_status"]): string {
  const parts = [[by.running, "running"], [by.queued, "queued"], [by.cancelling, "cancelling"]] as const;
  const said = parts.filter(([count]) => count).map(([count, word]) => `${number(count ?? 0)} ${word}`);
  return said.join(" · ") || "nothing at work";
}

function Tile({ label, status, value, note, tone }: {
  readonly label: string;
  readonly status: StatusFilter;
  readonly value: number | undefined;
  readonly note: string;
  readonly tone: string;
}) {
  const { filters } = useRoute();
  const here = filters.status.length === 1 && filters.status[0] === status;
  // Chosen again, it lets go.
  const next = { ...NO_FILTERS, kind: filters.kind, status: here ? [] : [status] };
  return (
    <li>
      <Link className="tile" data-tone={tone} data-zero={value ? undefined : ""} to={{ filters: next }}
        aria-current={here ? "true" : undefined}>
        <span className="tile-label">{label}</span>
        <span className="tile-value">{value === undefined ? "–" : number(value)}</span>
        <span className="tile-note">{note}</span>
      </Link>
    </li>
  );
}
