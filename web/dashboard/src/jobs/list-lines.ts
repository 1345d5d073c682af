// The list cut into lines of known heights: a heading, a row of the table, a row of cards. Pure.

import type { Layout } from "../route.ts";
import type { Section } from "./arrange.ts";

interface Base {
  readonly key: string;
  readonly height: number;
}

export type Line =
  | (Base & { readonly type: "head"; readonly label: string; readonly count: number; readonly inTable: boolean })
  /** `edge`: the first or the last of its section, or both. */
  | (Base & { readonly type: "row"; readonly id: string; readonly edge: string })
  | (Base & { readonly type: "cards"; readonly ids: readonly string[] });

/** In pixels, as the stylesheet has them: drawing must not change what was reckoned with. */
export const HEIGHTS = { head: 52, row: 64, narrowRow: 104, card: 196 } as const;

export function linesOf(sections: readonly Section[], layout: Layout, columns: number, narrow: boolean): Line[] {
  const lines: Line[] = [];
  for (const { key, label, ids } of sections) {
    lines.push({ key, type: "head", height: HEIGHTS.head, label, count: ids.length, inTable: layout === "table" });
    if (layout === "table") {
      const height = narrow ? HEIGHTS.narrowRow : HEIGHTS.row;
      ids.forEach((id, at) => {
        const edge = `${at === 0 ? "first " : ""}${at === ids.length - 1 ? "last" : ""}`;
        lines.push({ key: id, type: "row", height, id, edge });
      });
    } else {
      for (let at = 0; at < ids.length; at += columns) {
        const those = ids.slice(at, at + columns);
        lines.push({ key: `${key} ${those[0]}`, type: "cards", height: HEIGHTS.card, ids: those });
      }
    }
  }
  return lines;
}

/** The jobs of a line. */
export function idsOf(line: Line): readonly string[] {
  return line.type === "row" ? [line.id] : line.type === "cards" ? line.ids : [];
}

/** The line that holds a job. */
export function placeOf(lines: readonly Line[], id: string): number {
  return lines.findIndex((line) => idsOf(line).includes(id));
}
