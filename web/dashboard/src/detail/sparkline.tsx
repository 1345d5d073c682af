// How fast a job went, as a small line. Decoration beside the number; drawn by hand, for it is a dozen lines.

import type { Point } from "../trails.ts";

const WIDTH = 240;
const HEIGHT = 40;

/** The line and the area under it, as paths. */
export function sparkPaths(points: readonly Point[]): { readonly line: string; readonly area: string } | null {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || last.at === first.at) return null;
  // With air above it, so that a steady rate does not look like a full bar.
  const most = Math.max(...points.map((point) => point.perSecond)) * 1.3 || 1;
  const places = points.map(({ at, perSecond }) => {
    const x = ((at - first.at) / (last.at - first.at)) * WIDTH;
    const y = HEIGHT - 2 - (perSecond / most) * (HEIGHT - 4);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${places.join("L")}`;
  return { line, area: `${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z` };
}

export function Sparkline({ points }: { readonly points: readonly Point[] }) {
  const paths = sparkPaths(points);
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {paths === null
        ? <path className="spark-none" d={`M0 ${HEIGHT - 2}H${WIDTH}`} />
        : <><path className="spark-area" d={paths.area} /><path className="spark-line" d={paths.line} /></>}
    </svg>
  );
}
