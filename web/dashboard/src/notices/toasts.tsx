// Toasts, for what deserves to interrupt: how the jobs ended that were started from this page, and whatever fails.

import type { MouseEvent } from "react";
import { JobToasts } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";
import { go, href } from "../navigation.ts";
import { started } from "../session.ts";
import { useStore } from "../use-store.ts";

const ACTIVE = { status: "active" } as const;

export function Toasts() {
  return <JobToasts selector={ACTIVE} filter={failed} jobs={useStore(started)} progress={false} most={3}
    href={(job) => href({ job: job.id })} onOpen={open} />;
}

function failed(job: Job): boolean {
  return job.status === "failed";
}

function open(job: Job, event: MouseEvent) {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go({ job: job.id });
}
