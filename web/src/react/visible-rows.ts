// Which rows of one height are in sight, whether the page scrolls or the table does. The rest is not drawn.

import { useLayoutEffect, useState, type RefObject } from "react";

/** Rows drawn beyond each edge, so that a quick scroll shows no gap. */
const BEYOND = 6;

interface Visible {
  readonly first: number;
  readonly end: number;
}

/** `body` holds the rows and is as high as all of them; `box` may scroll. */
export function useVisibleRows(
  body: RefObject<HTMLElement | null>, box: RefObject<HTMLElement | null>, count: number, height: number,
): Visible {
  const [visible, setVisible] = useState<Visible>({ first: 0, end: 30 });
  useLayoutEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      if (!body.current || !box.current) return;
      const { top } = body.current.getBoundingClientRect();
      const edges = box.current.getBoundingClientRect();
      const scrolls = box.current.scrollHeight > box.current.clientHeight;
      const upper = scrolls ? Math.max(0, edges.top) : 0;
      const lower = scrolls ? Math.min(innerHeight, edges.bottom) : innerHeight;
      const first = Math.max(0, Math.floor((upper - top) / height) - BEYOND);
      const end = Math.max(first, Math.min(count, Math.ceil((lower - top) / height) + BEYOND));
      setVisible((before) => (before.first === first && before.end === end ? before : { first, end }));
    };
    const soon = () => {
      frame ||= requestAnimationFrame(look);
    };
    look();
    addEventListener("scroll", soon, { capture: true, passive: true });
    addEventListener("resize", soon);
    return () => {
      removeEventListener("scroll", soon, { capture: true });
      removeEventListener("resize", soon);
      cancelAnimationFrame(frame);
    };
  }, [body, box, count, height]);
  return visible;
}

/** Whether an element is narrower than `limit` pixels. */
export function useNarrow(element: RefObject<HTMLElement | null>, limit: number): boolean {
  const [narrow, setNarrow] = useState(false);
  useLayoutEffect(() => {
    const node = element.current;
    if (!node || typeof ResizeObserver === "undefined") return;
    const look = () => setNarrow(node.clientWidth > 0 && node.clientWidth < limit);
    look();
    const observer = new ResizeObserver(look);
    observer.observe(node);
    return () => observer.disconnect();
  }, [element, limit]);
  return narrow;
}
