// How many cards stand side by side, and whether a row has to fold in two: by the width of the list, not the window's.

import { useLayoutEffect, useState } from "react";
import type { Layout } from "../route.ts";

const CARD = 340;
const NARROW = 720;

export function useColumns(element: HTMLElement | null, layout: Layout) {
  const [width, setWidth] = useState(() => Math.min(innerWidth, 1240) - 32);
  useLayoutEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? CARD));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return { columns: layout === "cards" ? Math.max(1, Math.floor(width / CARD)) : 1, narrow: width < NARROW };
}
