// Where the reader is, as the query of the address: all that is needed to come back, or to send to somebody else.
// Pure: reading and writing only. Never holds a token.

import type { TransportName } from "../../src/connection.ts";
import { type Filters, readFilters, writeFilters } from "./jobs/filters.ts";

const VIEWS = ["jobs", "feeds", "imports", "scans", "audits", "ingestions", "notifications"] as const;
const LAYOUTS = ["table", "cards"] as const;
const GROUPS = ["state", "kind", "none"] as const;
const TRANSPORTS: readonly TransportName[] = ["websocket", "events", "polling"];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export type View = (typeof VIEWS)[number];
export type Layout = (typeof LAYOUTS)[number];
export type Grouping = (typeof GROUPS)[number];

export interface Route {
  readonly project: string;
  readonly view: View;
  /** The job that is looked at; null = the view itself. */
  readonly job: string | null;
  readonly filters: Filters;
  readonly layout: Layout;
  readonly group: Grouping;
  /** The one transport to use; null = the best that works. */
  readonly transport: TransportName | null;
}

const PROJECT = "demo";

/** Whether a text can name a project or a job at all. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

function oneOf<T extends string>(values: readonly T[], text: string | null, otherwise: T): T {
  return values.find((value) => value === text) ?? otherwise;
}

export function readRoute(search: string): Route {
  const query = new URLSearchParams(search);
  return {
    project: query.get("project") ?? PROJECT,
    view: oneOf(VIEWS, query.get("view"), "jobs"),
    job: query.get("job"),
    filters: readFilters(query),
    layout: oneOf(LAYOUTS, query.get("layout"), "table"),
    group: oneOf(GROUPS, query.get("group"), "state"),
    transport: TRANSPORTS.find((name) => name === query.get("transport")) ?? null,
  };
}

/** The query, with its `?`; what is usual is left out. */
export function writeRoute(route: Route): string {
  const query = new URLSearchParams();
  if (route.project !== PROJECT) query.set("project", route.project);
  if (route.view !== "jobs") query.set("view", route.view);
  if (route.job !== null) query.set("job", route.job);
  writeFilters(route.filters, query);
  if (route.layout !== "table") query.set("layout", route.layout);
  if (route.group !== "state") query.set("group", route.group);
  if (route.transport !== null) query.set("transport", route.transport);
  const text = query.toString();
  return text === "" ? "/" : `/?${text}`;
}
