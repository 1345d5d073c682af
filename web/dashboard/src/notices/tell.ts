// Tells the reader that a job ended, where this page is not looked at: by the browser's own notifications, if the
// reader asked for them. Those who look see it on the page, and hear it from the live region.

import type { Job } from "../../../src/job.ts";
import { nameOf } from "../../../src/display/format.ts";
import { cell } from "../cell.ts";
import { go } from "../navigation.ts";
import { recall, remember } from "../storage.ts";

export type Permission = "unsupported" | "off" | "on" | "denied";

const wanted = (value: unknown): value is boolean => typeof value === "boolean";

function now(): Permission {
  if (!("Notification" in window)) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && recall("tell", wanted) === true ? "on" : "off";
}

export const permission = cell<Permission>(now());

/** Turns them on, asking the browser the first time, or off. */
export async function switchTelling(): Promise<void> {
  const on = permission.getSnapshot() !== "on";
  if (on && Notification.permission === "default") await Notification.requestPermission();
  remember("tell", on);
  permission.set(now());
}

export function tell(job: Job): void {
  if (!document.hidden || permission.getSnapshot() !== "on") return;
  // One per job, whichever tab says it.
  const note = new Notification(`${nameOf(job)} ${job.status}`, {
    tag: job.id, icon: `/icons/${job.status}.svg`, ...(job.error && { body: job.error.message }),
  });
  note.onclick = () => {
    focus();
    go({ job: job.id });
    note.close();
  };
}
