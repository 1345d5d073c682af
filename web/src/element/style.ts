// How the element looks, inside of its shadow. The variables are those of the default look; where a page has none of
// them, the values here are used.

const VALUES = {
  sunk: "light-dark(#eceff3, #262d38)",
  ink: "light-dark(#171b22, #e8ebf0)",
  soft: "light-dark(#596273, #9ba5b4)",
  accent: "light-dark(#2c55cc, #8fabff)",
  "accent-soft": "light-dark(#e9eefc, #1c2742)",
  good: "light-dark(#14723f, #5ecb90)",
  "good-soft": "light-dark(#e2f4e9, #12301f)",
  warn: "light-dark(#855000, #ecb652)",
  "warn-soft": "light-dark(#fcf0d8, #35290f)",
  bad: "light-dark(#b42330, #ff929a)",
  "bad-soft": "light-dark(#fde9ea, #3d191d)",
  "bar-running": "light-dark(#3b63dd, #6f90fa)",
  "bar-good": "light-dark(#208a52, #3aae70)",
  "bar-warn": "light-dark(#b06f00, #d99a2b)",
  "bar-bad": "light-dark(#cf3845, #e85e69)",
  "bar-off": "light-dark(#7b8595, #7d8898)",
  font: `system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif`,
  move: ".45s cubic-bezier(.25, .7, .35, 1)",
} as const;

const v = (name: keyof typeof VALUES) => `var(--mp-${name}, ${VALUES[name]})`;
const mood = (...names: readonly string[]) => `:host(:is(${names.map((name) => `[data-mood="${name}"]`).join(", ")}))`;

export const STYLE = `
:host { display: block; min-width: 0; color: ${v("ink")}; font: .9375rem/1.4 ${v("font")}; font-variant-numeric: tabular-nums; }
:host([hidden]) { display: none; }
[hidden] { display: none !important; }
.head, .foot { display: flex; align-items: baseline; justify-content: space-between; gap: .25rem .75rem; }
.foot { flex-wrap: wrap; color: ${v("soft")}; font-size: .8125rem; }
.title { min-width: 0; overflow-wrap: anywhere; font-weight: 600; }
.status { flex: none; color: ${v("soft")}; font-size: .8125rem; font-weight: 600; }
.bar { height: 8px; margin: .375rem 0; border-radius: 4px; background: ${v("sunk")}; overflow: hidden; }
.fill { width: 100%; height: 100%; border-radius: inherit; background: ${v("bar-running")}; transform: translateX(-100%); transition: transform ${v("move")}, background-color .3s; }
.fill[data-still] { transition: none; }
.sign { color: ${v("warn")}; }
.error { color: ${v("bad")}; font-size: .875rem; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
${mood("running")} .status { color: ${v("accent")}; }
${mood("completed")} .status { color: ${v("good")}; }
${mood("failed")} .status { color: ${v("bad")}; }
${mood("stalled", "cancelling")} .status { color: ${v("warn")}; }
${mood("completed")} .fill { background: ${v("bar-good")}; }
${mood("failed")} .fill { background: ${v("bar-bad")}; }
${mood("cancelled", "queued")} .fill { background: ${v("bar-off")}; }
${mood("stalled", "cancelling")} .fill { background: ${v("bar-warn")}; }
.bar[data-open] > .fill { width: 40%; transition: none; animation: seek 1.7s cubic-bezier(.45, 0, .55, 1) infinite; }
@keyframes seek { from { transform: translateX(-100%); } to { transform: translateX(250%); } }
@media (prefers-reduced-motion: reduce) {
  .fill { transition: none; }
  .bar[data-open] > .fill { width: 100%; animation: none; transform: none !important; background: repeating-linear-gradient(90deg, ${v("bar-running")} 0 6px, transparent 6px 12px); }
}
@media (forced-colors: active) {
  .bar { border: 1px solid CanvasText; }
  .fill { background: Highlight !important; forced-color-adjust: none; }
}
`;

let sheet: CSSStyleSheet | undefined;

/** Gives a shadow the style: one sheet for all elements, which no policy for inline styles forbids. */
export function dress(shadow: ShadowRoot): void {
  if (typeof CSSStyleSheet.prototype.replaceSync === "function" && "adoptedStyleSheets" in shadow) {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    shadow.adoptedStyleSheets = [sheet];
    return;
  }
  const style = document.createElement("style");
  style.textContent = STYLE;
  shadow.append(style);
}
