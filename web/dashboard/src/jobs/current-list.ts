// The one list of the page: it stays open while a job of it is looked at, so that coming back finds it as it was, and
// the keys for the next and the previous job work there too.

import { useRoute } from "../navigation.ts";
import type { Grouping } from "../route.ts";
import { book, client } from "../session.ts";
import type { Filters } from "./filters.ts";
import { openList, type JobList } from "./list.ts";

let open: { readonly key: string; readonly list: JobList } | null = null;

function listFor(filters: Filters, group: Grouping): JobList {
  const key = JSON.stringify([filters, group]);
  if (open?.key !== key) {
    open?.list.close();
    open = { key, list: openList(client, book, filters, group) };
  }
  return open.list;
}

/** The list for the conditions of the address. */
export function useCurrentList(): JobList {
  const { filters, group } = useRoute();
  return listFor(filters, group);
}

/** The ids of the open list in its order; none where there is no list. */
export function listedIds(): readonly string[] {
  return open?.list.getSnapshot().sections.flatMap((section) => section.ids) ?? [];
}

/** Asks again, after a token was given. */
export function refreshList(): void {
  open?.list.reload();
}
