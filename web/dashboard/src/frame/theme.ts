// Dark or light: as the system wants it, until the reader says otherwise. `public/theme.js` does the same before the
// first paint.

import { cell } from "../cell.ts";

export type Theme = "dark" | "light";

const KEY = "milepost.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function current(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "dark" || chosen === "light") return chosen;
  return system.matches ? "dark" : "light";
}

export const theme = cell<Theme>(current());

system.addEventListener("change", () => theme.set(current()));

/** From dark to light and back; kept for the next visit, unless that is what the system wants anyway. */
export function switchTheme(): void {
  const next: Theme = current() === "dark" ? "light" : "dark";
  const usual = next === (system.matches ? "dark" : "light");
  if (usual) delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = next;
  try {
    if (usual) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Refused: it holds for this visit.
  }
  theme.set(next);
}
