// Whether somebody is about to press something within an element, which must not move then.

import { useCallback, useEffect, useRef, useState } from "react";

/** Tells `hold`, a function that stays the same, of a mouse that rests and of the focus of the keyboard. A finger covers
 * what it touches only for a moment. */
export function useHold(element: HTMLElement | null, hold: (held: boolean) => void): void {
  const hovered = useRef(false);
  const focused = useRef(false);
  const tell = useCallback(() => hold(hovered.current || focused.current), [hold]);
  useEffect(() => {
    if (element === null) return;
    const over = (event: PointerEvent) => {
      const now = event.type !== "pointerleave" && event.pointerType === "mouse";
      if (now === hovered.current) return;
      hovered.current = now;
      tell();
    };
    const focus = (event: FocusEvent) => {
      const target = event.type === "focusin" ? event.target : event.relatedTarget;
      focused.current = target instanceof Element && element.contains(target) && target.matches(":focus-visible");
      tell();
    };
    for (const type of ["pointerover", "pointerleave"] as const) element.addEventListener(type, over);
    for (const type of ["focusin", "focusout"] as const) element.addEventListener(type, focus);
    return () => {
      for (const type of ["pointerover", "pointerleave"] as const) element.removeEventListener(type, over);
      for (const type of ["focusin", "focusout"] as const) element.removeEventListener(type, focus);
      hovered.current = focused.current = false;
      tell();
    };
  }, [element, tell]);
}

/** The ids in their order. While somebody rests on the element that the second part is the `ref` of, none leaves and none
 * changes its place; new ones come last. */
export function useHeld(ids: readonly string[]): readonly [readonly string[], (element: HTMLElement | null) => void] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [held, setHeld] = useState(false);
  const shown = useRef(ids);
  shown.current = held ? [...new Set([...shown.current, ...ids])] : ids;
  useHold(element, setHeld);
  return [shown.current, setElement];
}
