// The head of the table: each column's name is the button that sorts by it.

import { Icon } from "./icons.tsx";
import type { Sort, SortKey } from "./sort.ts";

const COLUMNS: readonly (readonly [SortKey, string])[] = [
  ["name", "Job"], ["status", "Status"], ["progress", "Progress"], ["time", "Time"],
];

export function TableHead({ sort, onSort }: { readonly sort: Sort; readonly onSort: (by: SortKey) => void }) {
  return (
    <div role="rowgroup" className="mp-head">
      <div role="row" className="mp-head-row" aria-rowindex={1}>
        {COLUMNS.map(([key, name]) => {
          const sorted = sort.by === key;
          return (
            <div key={key} role="columnheader" aria-sort={sorted ? (sort.down ? "descending" : "ascending") : "none"}>
              <button type="button" className="mp-sort" onClick={() => onSort(key)}>
                {name}
                {sorted && <Icon name={sort.down ? "down" : "up"} />}
              </button>
            </div>
          );
        })}
        <div role="columnheader"><span className="mp-unseen">Actions</span></div>
      </div>
    </div>
  );
}
