// The drawings of the page, all in one weight. Decoration only: what they mean is always said in words beside them.

const PATHS = {
  back: "M9.5 3.5 5 8l4.5 4.5",
  bell: "M4 11V7.2a4 4 0 0 1 8 0V11l1 1.2H3zM6.8 14h2.4",
  cards: "M2.5 3.5h4.5v4H2.5zM9 3.5h4.5v4H9zM2.5 9.5h4.5v3.5H2.5zM9 9.5h4.5v3.5H9z",
  check: "m3.5 8.5 3 3 6-7",
  close: "m4 4 8 8M12 4l-8 8",
  copy: "M6 6h7v7.5H6zM10 6V2.5H3V10h3",
  dash: "M4 8h8",
  document: "M4 2.5h5.5L12 5v8.5H4zM9.3 2.7v2.5h2.5M6 8h4M6 10.6h4",
  down: "m4.5 6.5 3.5 3.5 3.5-3.5",
  feed: "M3.5 12.5h.1M3.5 8a4.5 4.5 0 0 1 4.5 4.5M3.5 3.5a9 9 0 0 1 9 9",
  help: "M5.8 6.2a2.25 2.25 0 1 1 3.3 2c-.8.45-1.1.8-1.1 1.6M8 12.3v.1",
  jobs: "M2.5 4h11M2.5 8h7M2.5 12h9.5",
  key: "M9.5 9a3 3 0 1 0-2.5-2.5L2.5 11v2.5H5V12h1.5v-1.5H8zM10.7 5.3h.1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5Z",
  offline: "M2.5 6.5a8.5 8.5 0 0 1 11 0M5 9.5a5 5 0 0 1 6 0M8 12.5v.1M3 13.5l10-11",
  retry: "M12.5 8A4.5 4.5 0 1 1 11 4.7M11.3 2v3h-3",
  scan: "M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M5 6.3h6M5 9.7h4",
  search: "M11 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM10 10l3.5 3.5",
  shield: "M8 2.2 3.5 4v3.6c0 2.9 1.9 5.1 4.5 6.2 2.6-1.1 4.5-3.3 4.5-6.2V4zM6 8l1.5 1.5L10.2 6.6",
  sun: "M10.7 8a2.7 2.7 0 1 1-5.4 0 2.7 2.7 0 0 1 5.4 0ZM8 1.5v1M8 13.5v1" +
    "M1.5 8h1M13.5 8h1M3.4 3.4l.7.7m7.8 7.8.7.7m0-9.2-.7.7m-7.8 7.8-.7.7",
  sync: "M13 8a5 5 0 0 1-9 3M3 8a5 5 0 0 1 9-3M12.3 2v3.2H9.1M3.7 14v-3.2h3.2",
  table: "M2.5 3.5h11v9.5h-11zM2.5 6.7h11M2.5 9.85h11",
  terminal: "m3 4.5 3.5 3.5L3 11.5M8 12h5",
  upload: "M8 10.5V3M4.8 6 8 2.8 11.2 6M3 10.5v2.5h10v-2.5",
  warning: "m8 2.5 6 11H2zM8 6.5v3M8 11.4v.1",
  info: "M13.75 8a5.75 5.75 0 1 1-11.5 0 5.75 5.75 0 0 1 11.5 0ZM8 7.5v3.3M8 5.1v.1",
  clock: "M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0ZM8 5v3.2l2 1.3",
} as const;

export type SymbolName = keyof typeof PATHS;

export function Symbol({ name }: { readonly name: SymbolName }) {
  return (
    <svg className="symbol" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
