// Which of many rows of known heights are in sight of the window, and a little beyond. Keeps the first row in sight
// where it is when others come or go above it.

import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";

export interface Row {
  readonly key: string;
  readonly height: number;
}

const BEYOND = 480;

export interface Windowed {
  /** For the element that is as tall as all rows together. */
  readonly ref: (element: HTMLElement | null) => void;
  readonly total: number;
  /** The rows to draw: from `start` up to, but without, `end`. */
  readonly start: number;
  readonly end: number;
  readonly top: (at: number) => number;
  /** Brings a row into sight. */
  readonly reveal: (at: number) => void;
}

/** The first row that ends below `y`. */
export function rowAt(tops: readonly number[], y: number): number {
  let low = 0;
  let high = tops.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle + 1] ?? Infinity) <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where each row begins, and as the last entry where all end. */
export function topsOf(rows: readonly Row[]): number[] {
  const tops = [0];
  for (const { height } of rows) tops.push((tops.at(-1) ?? 0) + height);
  return tops;
}

export function useWindowed(rows: readonly Row[], margin: number): Windowed {
  const tops = useMemo(() => topsOf(rows), [rows]);
  const total = tops.at(-1) ?? 0;
  const element = useRef<HTMLElement | null>(null);
  const anchor = useRef<{ readonly key: string; readonly at: number } | null>(null);
  const [range, setRange] = useState({ start: 0, end: 30 });
  const latest = useRef({ rows, tops });

  const look = useCallback(() => {
    if (element.current === null) return;
    const above = -element.current.getBoundingClientRect().top;
    const now = latest.current;
    const start = rowAt(now.tops, above - BEYOND);
    const end = Math.min(rowAt(now.tops, above + innerHeight + BEYOND) + 1, now.rows.length);
    setRange((was) => (was.start === start && was.end === end ? was : { start, end }));
    const first = rowAt(now.tops, above + margin);
    const row = now.rows[first];
    // At the top of the list the newest is what the reader wants to see.
    anchor.current = row && above + margin > 0 ? { key: row.key, at: (now.tops[first] ?? 0) - above } : null;
  }, [margin]);

  useLayoutEffect(() => {
    latest.current = { rows, tops };
    const kept = anchor.current;
    if (kept !== null && element.current !== null) {
      const place = rows.findIndex(({ key }) => key === kept.key);
      const at = (tops[place] ?? 0) + element.current.getBoundingClientRect().top;
      if (place >= 0 && Math.abs(at - kept.at) >= 1) scrollBy(0, at - kept.at);
    }
    look();
  }, [rows, tops, look]);

  useLayoutEffect(() => {
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [look]);

  const ref = useCallback((node: HTMLElement | null) => {
    element.current = node;
    look();
  }, [look]);

  const reveal = useCallback((at: number) => {
    const node = element.current;
    const row = latest.current.rows[at];
    if (node === null || row === undefined) return;
    const y = node.getBoundingClientRect().top + (latest.current.tops[at] ?? 0);
    if (y < margin) scrollBy(0, y - margin);
    else if (y + row.height > innerHeight - 24) scrollBy(0, y + row.height - innerHeight + 24);
  }, [margin]);

  return { ref, total, ...range, top: (at) => tops[at] ?? 0, reveal };
}
