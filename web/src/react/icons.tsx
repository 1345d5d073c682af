// The few shapes of the default look, drawn on a grid of 16. They repeat what a word beside them says.

const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4.5 4.5l7 7m0-7l-7 7",
  dash: "M4 8h8",
  ring: "M8 3.5a4.5 4.5 0 110 9 4.5 4.5 0 010-9z",
  dot: "M8 4.5a3.5 3.5 0 110 7 3.5 3.5 0 010-7z",
  play: "M5.5 4v8l6-4z",
  skip: "M4 4.5L8 8l-4 3.5M8.5 4.5l4 3.5-4 3.5",
  pause: "M6 4.5v7m4-7v7",
  spinner: "M8 2.5A5.5 5.5 0 1013.5 8",
  warning: "M8 2.5l6 10.5H2zM8 6.5v3m0 1.8v.1",
  lock: "M4.5 7.5h7v5h-7zm1.5 0V5.4a2 2 0 014 0v2.1",
  away: "M2.5 2.5l11 11M5 6.1A6.6 6.6 0 002.2 7.6M7 5.1A8 8 0 0113.8 7.6M4.6 10a4.6 4.6 0 014-1.3m2.3 1A5 5 0 0111.4 10M8 12.9v.1",
  waves: "M2.2 7.4a8.2 8.2 0 0111.6 0M4.6 9.9a4.8 4.8 0 016.8 0M8 12.9v.1",
  retry: "M13 3v3.5H9.5M12.7 6.3A5.2 5.2 0 108 13.2a5.2 5.2 0 005-3.6",
  up: "M4 9.5L8 5.5l4 4",
  down: "M4 6.5l4 4 4-4",
} as const;

export type IconName = keyof typeof PATHS;

const SOLID: ReadonlySet<IconName> = new Set(["dot", "play"]);

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="mp-icon" data-icon={name} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill={SOLID.has(name) ? "currentColor" : "none"} />
    </svg>
  );
}
