// The views of the demonstration, each with the worker it belongs to. Loaded when one is opened: a page beside other
// people's jobs has none of them.

import { lazy, type ComponentType } from "react";
import type { View } from "../route.ts";
import type { SymbolName } from "../symbol.tsx";
import type { Demo } from "./demo.ts";

export interface DemoView {
  readonly view: View;
  readonly title: string;
  readonly symbol: SymbolName;
  /** What is pressed after "g" to go there. */
  readonly key: string;
  readonly Page: ComponentType<{ readonly demo: Demo }>;
}

export const DEMO_VIEWS: readonly DemoView[] = [
  {
    view: "feeds", title: "Feeds", symbol: "feed", key: "f",
    Page: lazy(async () => ({ default: (await import("./feeds.tsx")).Feeds })),
  },
  {
    view: "imports", title: "Imports", symbol: "upload", key: "i",
    Page: lazy(async () => ({ default: (await import("./imports.tsx")).Imports })),
  },
  {
    view: "scans", title: "Scans", symbol: "scan", key: "s",
    Page: lazy(async () => ({ default: (await import("./scans.tsx")).Scans })),
  },
  {
    view: "audits", title: "Audits", symbol: "shield", key: "a",
    Page: lazy(async () => ({ default: (await import("./audits.tsx")).Audits })),
  },
  {
    view: "ingestions", title: "Ingestions", symbol: "document", key: "d",
    Page: lazy(async () => ({ default: (await import("./ingestions.tsx")).Ingestions })),
  },
];
