// What lives as long as this page: its client, the jobs it knows, its notifications. Made once, for the project of the
// address; another project is another page.

import { createProgressClient } from "../../src/create.ts";
import { cell } from "./cell.ts";
import { token } from "./gate/credential.ts";
import { openBook } from "./jobs/book.ts";
import { route } from "./navigation.ts";
import { openInbox } from "./notices/inbox.ts";
import { followTrails } from "./trails.ts";

const { project, transport } = route();

// One connection for all tabs, held by a worker. Who insists on one transport wants to see that one at work here.
const worker = () =>
  new SharedWorker(new URL("../../src/worker.ts", import.meta.url), { type: "module", name: "milepost" });

export const client = createProgressClient({
  url: "",
  project,
  token: () => Promise.resolve(token()),
  ...(transport === null ? { share: typeof SharedWorker === "undefined" ? true : worker }
    : { share: false, transports: [transport] }),
});

export const book = openBook(client);
export const trails = followTrails(client);
export const inbox = openInbox(project);

/** The jobs that were started from this page, which tells their ends loudly. */
export const started = cell<readonly string[]>([]);

/** Says that this job was started here. It is watched by its id: it may have ended before the list hears of it. */
export function begun(id: string): void {
  started.set([...started.getSnapshot(), id]);
  client.watch(id, { onJob: (job) => book.take([job]) });
}
