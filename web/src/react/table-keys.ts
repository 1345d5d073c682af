// The keyboard in a table of jobs: one row at a time is part of tabbing, arrows move between rows, also to those that
// are not drawn yet.

import { useLayoutEffect, useRef, useState, type FocusEvent, type KeyboardEvent, type RefObject } from "react";

const PAGE = 10;

const MOVES: { readonly [key: string]: (at: number, last: number) => number } = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + PAGE,
  PageUp: (at) => at - PAGE,
  Home: () => 0,
  End: (_, last) => last,
};

interface TableKeys {
  /** The row that takes part in tabbing. */
  readonly current: string | undefined;
  onKeyDown(event: KeyboardEvent): void;
  onFocus(event: FocusEvent): void;
}

export function useTableKeys(ids: readonly string[], body: RefObject<HTMLElement | null>): TableKeys {
  const [chosen, setChosen] = useState<string>();
  const wanted = useRef(false);
  const current = chosen !== undefined && ids.includes(chosen) ? chosen : ids[0];
  useLayoutEffect(() => {
    if (!wanted.current || current === undefined) return;
    wanted.current = false;
    const row = body.current?.querySelector<HTMLElement>(`[data-row="${current}"]`);
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  }, [current, body]);
  return {
    current,
    onFocus(event) {
      const row = (event.target as Element).closest<HTMLElement>("[data-row]");
      if (row?.dataset["row"]) setChosen(row.dataset["row"]);
    },
    onKeyDown(event) {
      const row = event.target as HTMLElement;
      const id = row.dataset["row"];
      if (id === undefined) return; // a button within the row has the focus
      if (event.key === "Enter") return row.querySelector<HTMLElement>(".mp-open")?.click();
      const at = ids.indexOf(id);
      const to = MOVES[event.key]?.(at, ids.length - 1);
      if (to === undefined) return;
      event.preventDefault();
      const next = ids[Math.max(0, Math.min(ids.length - 1, to))];
      if (next === undefined || next === id) return;
      wanted.current = true;
      setChosen(next);
    },
  };
}
