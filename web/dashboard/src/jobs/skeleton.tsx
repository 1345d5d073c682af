// The place of the list before the first jobs are here: of the same shape, so that nothing jumps when they come.

import type { Layout } from "../route.ts";

export function ListSkeleton({ layout }: { readonly layout: Layout }) {
  return (
    <div className="list skeleton" data-layout={layout} aria-busy="true">
      <span className="unseen" role="status">Loading the jobs</span>
      {Array.from({ length: layout === "table" ? 8 : 6 }, (_, at) => (
        <div key={at} className="skeleton-line" aria-hidden="true" />
      ))}
    </div>
  );
}
