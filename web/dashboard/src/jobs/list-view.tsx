// The list as it is drawn: sections of rows or cards, of which only those in sight exist. While a pointer rests on it,
// or the keyboard is in it, nothing changes its place.

import { useCallback, useEffect, useMemo, useState } from "react";
import { number } from "../../../src/display/format.ts";
import { useShortcuts } from "../frame/shortcuts.ts";
import { Refusal, Trouble } from "../frame/trouble.tsx";
import { go, route } from "../navigation.ts";
import type { Layout } from "../route.ts";
import { book } from "../session.ts";
import { useHold } from "../use-hold.ts";
import { useStore } from "../use-store.ts";
import { countFilters, NO_FILTERS } from "./filters.ts";
import { JobRow } from "./job-row.tsx";
import { JobTile } from "./job-tile.tsx";
import type { JobList } from "./list.ts";
import { idsOf, linesOf, placeOf, type Line } from "./list-lines.ts";
import { ListSkeleton } from "./skeleton.tsx";
import { useColumns } from "./use-columns.ts";
import { useWindowed } from "./window.ts";

/** What lies over the top of the window: the bar of the page. */
const MARGIN = 72;

export function ListView({ list, layout }: { readonly list: JobList; readonly layout: Layout }) {
  const state = useStore(list);
  const { synced, error: streamError } = useStore(book);
  const [frame, setFrame] = useState<HTMLElement | null>(null);
  const { columns, narrow } = useColumns(frame, layout);
  const { sections } = state;
  const lines = useMemo(() => linesOf(sections, layout, columns, narrow), [sections, layout, columns, narrow]);
  const shown = useWindowed(lines, MARGIN);
  useHold(frame, list.hold);
  useKeys(lines, shown.reveal);
  const { loadMore } = list;
  const atEnd = shown.end >= lines.length;
  useEffect(() => {
    if (atEnd && state.more && !state.loading) loadMore();
  }, [atEnd, state.more, state.loading, loadMore]);

  const problem = state.error ?? (synced ? null : streamError);
  const empty = sections.length === 0;
  if (problem !== null && empty) {
    return <Refusal problem={problem} what="the jobs of this project" onRetry={list.reload} />;
  }
  if (empty && (!state.ready || !synced)) return <div ref={setFrame}><ListSkeleton layout={layout} /></div>;
  if (empty) return <Nothing />;
  return (
    <div className="list" data-layout={layout} data-narrow={narrow ? "" : undefined} ref={setFrame}>
      {state.newer > 0 && (
        <button type="button" className="newer" onClick={() => {
          list.release();
          scrollTo({ top: 0 });
        }}>
          {number(state.newer)} newer {state.newer === 1 ? "job" : "jobs"}
        </button>
      )}
      <div {...(layout === "table" && {
        role: "table", "aria-label": "Jobs", "aria-rowcount": state.more ? -1 : lines.length + 1,
      })}>
        {layout === "table" && <Head />}
        <div className="lines" role={layout === "table" ? "rowgroup" : undefined} ref={shown.ref}
          style={{ height: shown.total }}>
          {lines.slice(shown.start, shown.end).map((line, nth) => {
            const at = shown.start + nth;
            return <LineView key={line.key} line={line} at={at} top={shown.top(at)} columns={columns} />;
          })}
        </div>
      </div>
      <p className="list-end" role="status">
        {state.loading && state.ready ? "Loading older jobs…" : state.error ? state.error.message : ""}
      </p>
    </div>
  );
}

function Head() {
  return (
    <div className="table-head" role="rowgroup">
      <div className="row" role="row">
        {["Job", "Status", "Progress", "Now", "Time"].map((name) => (
          <div key={name} className={`row-cell row-${name.toLowerCase()}`} role="columnheader">{name}</div>
        ))}
      </div>
    </div>
  );
}

function LineView({ line, at, top, columns }: {
  readonly line: Line;
  readonly at: number;
  readonly top: number;
  readonly columns: number;
}) {
  const style = { transform: `translateY(${top}px)`, height: line.height };
  if (line.type === "row") return <JobRow id={line.id} index={at + 2} edge={line.edge} style={style} />;
  if (line.type === "cards") {
    return (
      <div className="line card-line" style={{ ...style, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {line.ids.map((id) => <JobTile key={id} id={id} />)}
      </div>
    );
  }
  const title = <h2>{line.label} <span className="count">{number(line.count)}</span></h2>;
  if (!line.inTable) return <div className="line section-head" style={style}>{title}</div>;
  return (
    <div className="line section-head" role="row" aria-rowindex={at + 2} style={style}>
      <div role="cell" aria-colspan={5}>{title}</div>
    </div>
  );
}

function Nothing() {
  const { filters, project } = route();
  if (countFilters(filters) > 0) {
    return (
      <Trouble symbol="search" title="No job matches" actions={
        <button type="button" className="mp-button" onClick={() => go({ filters: NO_FILTERS })}>
          Clear all conditions
        </button>
      }>
        Nothing fulfils all of these conditions at once. What starts to will appear here by itself.
      </Trouble>
    );
  }
  return (
    <Trouble symbol="jobs" title="No jobs yet">
      Jobs of <code>{project}</code> appear here the moment they are created. Start one from a terminal:
      <code className="trouble-command">milepost run --project {project} --kind sync -- ./sync.sh</code>
    </Trouble>
  );
}

// j and k carry the focus from job to job; the one it should reach may have to be drawn first.
function useKeys(lines: readonly Line[], reveal: (at: number) => void) {
  const [wanted, setWanted] = useState<string | null>(null);
  useEffect(() => {
    if (wanted === null) return;
    const link = document.querySelector<HTMLElement>(`[data-job="${CSS.escape(wanted)}"] a`);
    if (link === null) return;
    link.focus({ preventScroll: true });
    setWanted(null);
  });
  const step = useCallback((by: number) => {
    const ids = lines.flatMap(idsOf);
    const now = document.activeElement?.closest<HTMLElement>("[data-job]")?.dataset["job"];
    const next = ids[now === undefined ? 0 : Math.min(Math.max(ids.indexOf(now) + by, 0), ids.length - 1)];
    if (next === undefined) return;
    reveal(placeOf(lines, next));
    setWanted(next);
  }, [lines, reveal]);
  useShortcuts(useMemo(() => [
    { keys: "j", label: "Next job", run: () => step(1) },
    { keys: "k", label: "Previous job", run: () => step(-1) },
  ], [step]));
}
