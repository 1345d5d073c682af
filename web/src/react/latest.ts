// A reference to what was passed on the last committed render, so that a new inline function restarts nothing.

import { useInsertionEffect, useRef } from "react";

export function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  useInsertionEffect(() => {
    latest.current = value;
  });
  return latest;
}
