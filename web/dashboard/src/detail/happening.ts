// What one item of the history says, in words. Pure.

import type { HistoryItem, Json } from "../../../src/job.ts";
import { words } from "../../../src/display/format.ts";

/** The last part of a type: `feed:sync:phase` is a `phase`. */
export function happeningOf(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}

/** "Started by worker-1", "Phase parse", "Failed: the archive is cut off". */
export function lineOf({ type, data }: HistoryItem): string {
  const happening = happeningOf(type);
  switch (happening) {
    case "started":
      return `Started${said(" by ", data["worker"])}`;
    case "phase":
      return `Phase ${words(String(data["phase"]))}`;
    case "notice":
      return String(data["message"]);
    case "stalled":
      return "Stalled: no word from the worker";
    case "resumed":
      return "The worker is back";
    case "cancelling":
      return `Asked to cancel${said(": ", data["reason"])}`;
    case "retrying":
      return `To be tried again${said(": ", errorOf(data["error"]))}`;
    case "failed":
      return `Failed${said(": ", errorOf(data["error"]))}`;
    case "children":
      return "A part was created or ended";
    default:
      return words(happening).replace(/^./, (letter) => letter.toUpperCase());
  }
}

function errorOf(error: Json | undefined): Json | undefined {
  return typeof error === "object" && error !== null && "message" in error ? error["message"] : undefined;
}

function said(before: string, value: Json | undefined): string {
  return typeof value === "string" && value !== "" ? before + value : "";
}
