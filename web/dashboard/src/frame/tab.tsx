// Keeps the tab's title and icon up to date. Draws nothing on the page.

import { useJob, useSummary } from "../../../src/react.ts";
import { countUnread } from "../notices/notifications.ts";
import { useRoute } from "../navigation.ts";
import { client, inbox } from "../session.ts";
import { useStore } from "../use-store.ts";
import { tabIcon, tabTitle, useTab } from "./title.ts";

export function Tab() {
  const { job: id } = useRoute();
  const { job } = useJob(id);
  const by = useSummary()?.by_status;
  const active = (by?.queued ?? 0) + (by?.running ?? 0) + (by?.cancelling ?? 0);
  useTab(tabTitle(job, active, countUnread(useStore(inbox)), client.project), tabIcon(job));
  return null;
}
