// Toasts, for what deserves to interrupt: how the jobs ended that were started from this page, and whatever fails.

import type { MouseEvent } from "react";
import { JobToasts } from "../../../src/react.ts";
import type { Job } from "../../../src/job.ts";
import { go, href } from "../navigation.ts";
import { mine } from "../session.ts";

const ACTIVE = { status: "active" } as const;

export function Toasts() {
  return <JobToasts selector={ACTIVE} progress={false} filter={deserves} most={3} href={(job) => href({ job: job.id })}
    onOpen={open} />;
}

function deserves(job: Job): boolean {
  return mine.has(job.id) || job.status === "failed";
}

function open(job: Job, event: MouseEvent) {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go({ job: job.id });
}
