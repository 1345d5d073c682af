// The title and the icon of the tab: how far the job is that is looked at, or how many are active. Icons are files,
// one for each tenth, because the page's policy allows nothing made on the spot.

import { useEffect } from "react";
import type { Job } from "../../../src/job.ts";
import { isTerminal } from "../../../src/job.ts";
import { nameOf, percent } from "../../../src/display/format.ts";

/** What the tab is called. */
export function tabTitle(job: Job | null, active: number, unread: number, project: string): string {
  if (job !== null) {
    const far = job.status === "running" ? percent(job.progress.percent) : "";
    return `${far || job.status} · ${nameOf(job)}`;
  }
  const marks = [active > 0 ? `(${active})` : "", unread > 0 ? "•" : ""].filter(Boolean).join(" ");
  return `${marks === "" ? "" : `${marks} `}${project} · Milepost`;
}

/** Which icon the tab has. */
export function tabIcon(job: Job | null): string {
  if (job === null) return "/icons/milepost.svg";
  if (isTerminal(job.status)) return `/icons/${job.status}.svg`;
  return `/icons/progress-${Math.floor((job.progress.percent ?? 0) / 10)}.svg`;
}

export function useTab(title: string, icon: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    document.querySelector("link[rel=icon]")?.setAttribute("href", icon);
  }, [icon]);
}
