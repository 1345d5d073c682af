// When the jobs were created: an age for every day's questions, or two moments.

import { useState } from "react";
import { go, useRoute } from "../navigation.ts";
import { moment, type Filters } from "./filters.ts";

const AGES: readonly (readonly [string, string])[] = [
  ["", "Any time"], ["1h", "Last hour"], ["24h", "Last 24 hours"], ["7d", "Last 7 days"],
];
const BETWEEN = "between";

export function TimeRange() {
  const { filters } = useRoute();
  const known = filters.before === "" && AGES.some(([age]) => age === filters.after);
  const [opened, setOpened] = useState(false);
  const between = opened || !known;
  const set = (part: Partial<Filters>) => go({ filters: { ...filters, ...part } }, true);
  const choose = (value: string) => {
    setOpened(value === BETWEEN);
    if (value !== BETWEEN) go({ filters: { ...filters, after: value, before: "" } });
  };
  return (
    <div className="range">
      <label className="select">
        <span className="unseen">Created</span>
        <select value={between ? BETWEEN : filters.after} onChange={(event) => choose(event.target.value)}>
          {AGES.map(([age, label]) => <option key={age} value={age}>{label}</option>)}
          <option value={BETWEEN}>Between…</option>
        </select>
      </label>
      {between && (
        <>
          <Moment label="Created after" value={filters.after} onChange={(after) => set({ after })} />
          <Moment label="Created before" value={filters.before} onChange={(before) => set({ before })} />
        </>
      )}
    </div>
  );
}

function Moment({ label, value, onChange }: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const at = value === "" ? null : moment(value, Date.now());
  return (
    <input className="field" type="datetime-local" aria-label={label} title={label} value={at === null ? "" : local(at)}
      onChange={(event) => {
        const chosen = Date.parse(event.target.value); // local time, as the field shows it
        onChange(Number.isNaN(chosen) ? "" : new Date(chosen).toISOString());
      }} />
  );
}

function local(at: number): string {
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
