// Files on their way to the importer: one after the other, for the way up is shared and the first should be at work
// soon. A file that has arrived is a job from then on, and leaves this list.

import { Problem } from "../../../src/problem.ts";
import { cell } from "../cell.ts";
import { authorization } from "../gate/credential.ts";
import { problemOf } from "../problem-of.ts";
import { jobOf } from "./demo.ts";

export interface Upload {
  readonly key: number;
  readonly name: string;
  readonly size: number;
  /** Bytes that have left. */
  readonly sent: number;
  readonly state: "waiting" | "sending" | "refused";
  readonly problem: string | null;
}

export const uploads = cell<readonly Upload[]>([]);

const files = new Map<number, File>();
let keys = 0;
let under: { readonly key: number; readonly request: XMLHttpRequest } | null = null;

/** Sends the files, and says the job of each as it starts. */
export function upload(chosen: readonly File[], limit: number, started: (job: string) => void): void {
  const added = chosen.map((file): Upload => {
    const key = (keys += 1);
    const fits = file.size <= limit;
    if (fits) files.set(key, file);
    return {
      key, name: file.name, size: file.size, sent: 0, state: fits ? "waiting" : "refused",
      problem: fits ? null : "The file is larger than the service takes.",
    };
  });
  uploads.set([...uploads.getSnapshot(), ...added]);
  void work(started);
}

/** Stops a file on its way, or puts a refused one away. */
export function dropUpload(key: number): void {
  if (under?.key === key) under.request.abort();
  files.delete(key);
  uploads.set(uploads.getSnapshot().filter((one) => one.key !== key));
}

async function work(started: (job: string) => void) {
  while (under === null) {
    const next = uploads.getSnapshot().find((one) => one.state === "waiting");
    const file = next && files.get(next.key);
    if (!file) return;
    try {
      started(await send(next.key, file));
      dropUpload(next.key);
    } catch (error) {
      change(next.key, { state: "refused", problem: error instanceof Problem ? error.message : String(error) });
    } finally {
      under = null;
      files.delete(next.key);
    }
  }
}

// Not `fetch`: it does not say how much has left.
function send(key: number, file: File): Promise<string> {
  const request = new XMLHttpRequest();
  under = { key, request };
  change(key, { state: "sending" });
  return new Promise((resolve, reject) => {
    request.open("POST", `/demo/imports?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", "text/csv");
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => change(key, { sent: event.loaded });
    request.onload = () => {
      if (request.status < 300) resolve(jobOf(request.responseText));
      else reject(problemOf(request.status, request.responseText, request.getResponseHeader("retry-after")));
    };
    request.onerror = () => reject(new Problem(0, "unreachable", "The connection was lost on the way."));
    request.onabort = () => reject(new Problem(0, "aborted", "Stopped."));
    request.send(file);
  });
}

function change(key: number, part: Partial<Upload>) {
  uploads.set(uploads.getSnapshot().map((one) => (one.key === key ? { ...one, ...part } : one)));
}
