// What narrows the list, and how it is laid out. All of it is in the address; nothing is kept here but what is being
// typed.

import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { useShortcuts } from "../frame/shortcuts.ts";
import { go, route, useRoute } from "../navigation.ts";
import type { Grouping } from "../route.ts";
import { Symbol } from "../symbol.tsx";
import { countFilters, NO_FILTERS, type Filters, type StatusFilter } from "./filters.ts";
import { TimeRange } from "./time-range.tsx";

const STATUSES: readonly (readonly [StatusFilter, string])[] = [
  ["active", "Active"], ["completed", "Completed"], ["failed", "Failed"], ["cancelled", "Cancelled"],
];
const GROUPS: readonly (readonly [Grouping, string])[] = [
  ["state", "By state"], ["kind", "By kind"], ["none", "One list"],
];
const LAYOUTS = [["table", "Table"], ["cards", "Cards"]] as const;
const TYPING = 200;

export function Toolbar() {
  const { filters, layout, group } = useRoute();
  const search = useRef<HTMLInputElement>(null);
  useShortcuts(useMemo(() => [
    { keys: "/", label: "Search", run: () => search.current?.select() },
    { keys: "v", label: "Table or cards", run: () => go({ layout: route().layout === "table" ? "cards" : "table" }) },
  ], []));
  const set = (part: Partial<Filters>) => go({ filters: { ...filters, ...part } });
  const count = countFilters(filters);
  return (
    <div className="toolbar" role="search" aria-label="Jobs">
      <Search inputRef={search} />
      <div className="chips" role="group" aria-label="Status">
        <Chip on={filters.status.length === 0} onClick={() => set({ status: [] })}>All</Chip>
        {STATUSES.map(([status, label]) => (
          <Chip key={status} on={filters.status.includes(status)}
            onClick={() => set({ status: toggled(filters.status, status) })}>
            {label}
          </Chip>
        ))}
      </div>
      <TimeRange />
      <div className="tokens">
        {(["kind", "subject", "owner"] as const).filter((name) => filters[name] !== "").map((name) => (
          <button key={name} type="button" className="token" onClick={() => set({ [name]: "" })}
            aria-label={`Remove the condition ${name} ${filters[name]}`}>
            <span className="token-name">{name}</span>{filters[name]}<Symbol name="close" />
          </button>
        ))}
        {count > 0 && (
          <button type="button" className="text-button" onClick={() => go({ filters: NO_FILTERS })}>Clear all</button>
        )}
      </div>
      <div className="toolbar-end">
        <label className="select">
          <span className="unseen">Group</span>
          <select value={group} onChange={(event) => go({ group: groupNamed(event.target.value) })}>
            {GROUPS.map(([name, label]) => <option key={name} value={name}>{label}</option>)}
          </select>
        </label>
        <div className="segments" role="group" aria-label="Layout">
          {LAYOUTS.map(([name, label]) => (
            <button key={name} type="button" aria-pressed={layout === name} aria-label={label} title={label}
              onClick={() => go({ layout: name })}>
              <Symbol name={name} />
            </button>
          ))}
        </div>
      </div>
    </div>
  );
}

function groupNamed(text: string): Grouping {
  return GROUPS.find(([name]) => name === text)?.[0] ?? "state";
}

function toggled(all: readonly StatusFilter[], one: StatusFilter): readonly StatusFilter[] {
  return all.includes(one) ? all.filter((status) => status !== one) : [...all, one];
}

function Chip({ on, onClick, children }: {
  readonly on: boolean;
  readonly onClick: () => void;
  readonly children: string;
}) {
  return <button type="button" className="chip" aria-pressed={on} onClick={onClick}>{children}</button>;
}

// Typed letter by letter, the address follows when the hand rests, and leaves no step for each letter.
function Search({ inputRef }: { readonly inputRef: RefObject<HTMLInputElement | null> }) {
  const { filters } = useRoute();
  const [text, setText] = useState(filters.q);
  const [known, setKnown] = useState(filters.q);
  if (known !== filters.q) {
    setKnown(filters.q);
    setText(filters.q);
  }
  useEffect(() => {
    if (text.trim() === filters.q) return;
    const timer = setTimeout(() => go({ filters: { ...filters, q: text.trim() } }, true), TYPING);
    return () => clearTimeout(timer);
  }, [text, filters]);
  return (
    <label className="search">
      <Symbol name="search" />
      <span className="unseen">Search in the titles</span>
      <input ref={inputRef} type="search" value={text} placeholder="Search titles" enterKeyHint="search"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          if (text === "") event.currentTarget.blur();
          setText("");
        }} />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
