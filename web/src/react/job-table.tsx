// A table of jobs for thousands of rows: only those in sight are drawn, and none moves while the pointer or the
// keyboard is in it. New ones wait behind a button then.

import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode, type RefObject } from "react";
import type { JobsSnapshot, Store } from "../client.ts";
import type { Job, Selector } from "../job.ts";
import { useClient } from "./context.tsx";
import type { Opening } from "./job-parts.tsx";
import { JobRow } from "./job-row.tsx";
import { useLatest } from "./latest.ts";
import { createRows, type Rows, type RowsView } from "./rows.ts";
import { comparison, type Sort, type SortKey } from "./sort.ts";
import { TableHead } from "./table-head.tsx";
import { useTableKeys } from "./table-keys.ts";
import { useSelector } from "./use-jobs.ts";
import { useNarrow, useVisibleRows } from "./visible-rows.ts";

export interface JobTableProps extends Opening {
  /** Which jobs; or a store of them. */
  readonly selector?: Selector | undefined;
  readonly source?: Store<JobsSnapshot> | undefined;
  /** Narrows what is drawn further. Applied anew whenever the function changes. */
  readonly filter?: ((job: Job) => boolean) | undefined;
  readonly sort?: Sort | undefined;
  readonly onSort?: ((sort: Sort) => void) | undefined;
  /** Replaces the buttons of each row. */
  readonly actions?: ((job: Job) => ReactNode) | undefined;
  readonly label?: string | undefined;
  /** What is said where there is no job. */
  readonly empty?: ReactNode;
  /** Makes the table scroll by itself: its greatest height in CSS. Without it the page scrolls. */
  readonly height?: string | undefined;
}

const NEWEST: Sort = { by: "time", down: true };
const NARROW = 640;
const ROW = { wide: 60, narrow: 132 } as const;

/** The rows of a selection for a table of one's own making. Nothing moves while `held` says so. */
export function useRows(
  source: Store<JobsSnapshot>, sort: Sort, filter?: (job: Job) => boolean, held: () => boolean = () => false,
): { readonly rows: Rows; readonly view: RowsView } {
  const { by, down } = sort;
  const compare = useMemo(() => comparison({ by, down }), [by, down]);
  const order = useMemo(() => ({ compare, filter }), [compare, filter]);
  const latest = useLatest({ order, held });
  const rows = useMemo(() => createRows(source, { compare: comparison(NEWEST) }, () => latest.current.held()), [source, latest]);
  useEffect(() => {
    rows.arrange(latest.current.order);
    return rows.start();
  }, [rows, latest]);
  useEffect(() => rows.arrange(order), [rows, order]);
  return { rows, view: useSyncExternalStore(rows.subscribe, rows.getSnapshot, rows.getSnapshot) };
}

export function JobTable({ selector = {}, source, filter, label = "Jobs", empty = "No jobs", height, ...rest }: JobTableProps) {
  const client = useClient();
  const what = useSelector(selector);
  const store = useMemo(() => source ?? client.jobs(what), [client, source, what]);
  const [own, setOwn] = useState(NEWEST);
  const sort = rest.sort ?? own;
  const box = useRef<HTMLDivElement>(null);
  const pointer = useRef(false);
  // Asked rather than noted, since a button that vanishes takes the focus with it and no event says so.
  const held = () => pointer.current || (box.current?.contains(document.activeElement) ?? false);
  const { rows, view } = useRows(store, sort, filter, held);
  const body = useRef<HTMLDivElement>(null);
  const narrow = useNarrow(box, NARROW);
  const rowHeight = narrow ? ROW.narrow : ROW.wide;
  const keys = useTableKeys(view.ids, body);
  const point = (inside: boolean) => {
    pointer.current = inside;
    rows.refresh();
  };
  const onSort = (by: SortKey) => {
    const next = { by, down: sort.by === by ? !sort.down : by === "time" || by === "progress" };
    if (rest.onSort) rest.onSort(next);
    else setOwn(next);
  };
  return (
    <div className="mp-table" data-narrow={narrow ? "" : undefined} data-scrolls={height ? "" : undefined}
      ref={box} style={height ? { maxHeight: height } : undefined} onPointerEnter={() => point(true)}
      onPointerLeave={() => point(false)} onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || rows.refresh()}>
      <div className="mp-newer" role="status">
        {view.waiting > 0 && (
          <button type="button" className="mp-button mp-primary" onClick={() => rows.release()}>{view.waiting} new</button>
        )}
      </div>
      <div role="grid" aria-label={label} aria-rowcount={view.ids.length + 1} aria-busy={!view.synced}>
        <TableHead sort={sort} onSort={onSort} />
        <div role="rowgroup" className="mp-rows" ref={body} style={{ height: view.ids.length * rowHeight }}
          onKeyDown={keys.onKeyDown} onFocus={keys.onFocus}>
          <VisibleRows {...{ rows, view, box, body, rowHeight, current: keys.current }} {...rest} />
        </div>
      </div>
      {view.ids.length === 0 && (
        <div className="mp-none">{view.error ? view.error.message : view.synced ? empty : "Loading…"}</div>
      )}
    </div>
  );
}

interface VisibleRowsProps extends Opening, Pick<JobTableProps, "actions"> {
  readonly rows: Rows;
  readonly view: RowsView;
  readonly box: RefObject<HTMLDivElement | null>;
  readonly body: RefObject<HTMLDivElement | null>;
  readonly rowHeight: number;
  readonly current: string | undefined;
}

function VisibleRows({ rows, view: { ids }, box, body, rowHeight, current, href, onOpen, actions }: VisibleRowsProps) {
  const { first, end } = useVisibleRows(body, box, ids.length, rowHeight);
  // Rows are drawn again for their job alone, so the newest functions are looked up when they are needed.
  const latest = useLatest({ href, onOpen, actions });
  const stable = useMemo(() => ({
    href: href && ((job: Job) => latest.current.href?.(job) ?? ""),
    onOpen: onOpen && ((...given: Parameters<typeof onOpen>) => latest.current.onOpen?.(...given)),
    actions: actions && ((job: Job) => latest.current.actions?.(job)),
  }), [latest, !href, !onOpen, !actions]);
  const drawn = ids.slice(first, end).map((id, at) => ({ id, index: first + at }));
  // The row with the focus is kept, so that scrolling does not take the focus away.
  const at = current === undefined ? -1 : ids.indexOf(current);
  if (current !== undefined && at >= 0 && (at < first || at >= end)) drawn.push({ id: current, index: at });
  return drawn.map(({ id, index }) => (
    <JobRow key={id} rows={rows} id={id} index={index} height={rowHeight} current={id === current} {...stable} />
  ));
}
