// Toasts in the corner: one per job, and a single one for a connection that is lost.

import { memo, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { isTerminal, type Job, type Selector } from "../job.ts";
import { useClient } from "./context.tsx";
import { ReconnectButton, useConnectionWords } from "./connection-chip.tsx";
import { amount, nameOf, percent, summary } from "../display/format.ts";
import { Icon } from "./icons.tsx";
import { JobName, type Opening } from "./job-parts.tsx";
import { MOOD_WORDS, moodOf } from "../display/mood.ts";
import { ProgressBar } from "./progress-bar.tsx";
import { StatusBadge } from "./status-badge.tsx";
import { createToasts, type Toasts } from "./toasts.ts";
import { useLatest } from "./latest.ts";
import { useConnection } from "./use-connection.ts";
import { useSelector } from "./use-jobs.ts";

export interface JobToastsProps extends Opening {
  readonly selector?: Selector | undefined;
  /** Also while a job runs; otherwise only when it has ended. Default: true. */
  readonly progress?: boolean | undefined;
  /** How long a settled toast stays, in milliseconds. Default: 6,000. */
  readonly stay?: number | undefined;
  /** Which of the jobs deserve one; asked again for each state, so a job may become worth one. Default: all. */
  readonly filter?: ((job: Job) => boolean) | undefined;
  /** Also these, by id, whatever the selector and the filter say: jobs that were started here. */
  readonly jobs?: readonly string[] | undefined;
  /** How many are shown at a time. Default: 4. */
  readonly most?: number | undefined;
}

/** The toasts for a display of one's own making. */
export function useToasts(
  selector: Selector = {}, progress = true, stay = 6000, filter?: (job: Job) => boolean, started?: readonly string[],
): Toasts & { jobs: readonly Job[] } {
  const client = useClient();
  const what = useSelector(selector);
  const deserves = useLatest(filter);
  const toasts = useMemo(
    () => createToasts(client, { selector: what, progress, stay, filter: (job) => deserves.current?.(job) ?? true }),
    [client, what, progress, stay, deserves],
  );
  useEffect(() => toasts.start(), [toasts]);
  useEffect(() => started?.forEach(toasts.follow), [toasts, started]);
  return { ...toasts, jobs: useSyncExternalStore(toasts.subscribe, toasts.getSnapshot, toasts.getSnapshot) };
}

export function JobToasts({ selector, progress, stay, most = 4, filter, jobs: started, href, onOpen }: JobToastsProps) {
  const { jobs, hold, dismiss } = useToasts(selector, progress, stay, filter, started);
  const latest = useLatest({ href, onOpen });
  const opening = useMemo<Opening>(
    () => ({
      href: href && ((job) => latest.current.href?.(job) ?? ""),
      onOpen: onOpen && ((job, event) => latest.current.onOpen?.(job, event)),
    }),
    [latest, !href, !onOpen],
  );
  const shown = jobs.slice(-most);
  const region = useRef<HTMLElement>(null);
  const pointer = useRef(false);
  const look = (inside: boolean) => hold((pointer.current = inside) || hasFocus(region.current));
  // A toast that closes takes the focus with it, and no event says so.
  useEffect(() => hold(pointer.current || hasFocus(region.current)), [jobs, hold]);
  return (
    <section
      className="mp-toasts"
      aria-label="Notifications"
      ref={region}
      onPointerEnter={() => look(true)}
      onPointerLeave={() => look(false)}
      onFocus={() => hold(true)}
      onBlur={({ relatedTarget }) => hold(pointer.current || hasFocus(region.current, relatedTarget))}
    >
      {jobs.length > shown.length && <p className="mp-toast-more">and {jobs.length - shown.length} more</p>}
      {shown.map((job) => (
        <Toast key={job.id} job={job} dismiss={dismiss} opening={opening} />
      ))}
      <LostConnection />
    </section>
  );
}

function hasFocus(region: HTMLElement | null, focused: EventTarget | null = document.activeElement): boolean {
  return focused instanceof Node && (region?.contains(focused) ?? false);
}

interface ToastProps {
  readonly job: Job;
  readonly dismiss: (id: string) => void;
  readonly opening: Opening;
}

const Toast = memo(function Toast({ job, dismiss, opening }: ToastProps) {
  const name = nameOf(job);
  return (
    <article className="mp-toast" data-mood={moodOf(job)} aria-label={`${name}: ${MOOD_WORDS[moodOf(job)]}`}>
      <div className="mp-toast-text">
        <p className="mp-toast-name">
          <JobName job={job} {...opening} />
        </p>
        <p className="mp-toast-line">
          <StatusBadge job={job} />
          <span>{lineOf(job)}</span>
        </p>
        {!isTerminal(job.status) && <ProgressBar job={job} label={`Progress of ${name}`} size="thin" />}
      </div>
      <button type="button" className="mp-close" aria-label={`Dismiss ${name}`} onClick={() => dismiss(job.id)}>
        <Icon name="cross" />
      </button>
    </article>
  );
});

function lineOf(job: Job): string {
  if (job.error && isTerminal(job.status)) return job.error.message;
  if (job.status === "completed") return job.result ? summary(job.result, 3) : amount(job.progress);
  return [percent(job.progress.percent), job.message ?? amount(job.progress)].filter(Boolean).join(" · ");
}

/** A short break is nobody's business, in milliseconds. */
const BREAK = 3000;

function LostConnection() {
  const { state } = useConnection();
  const lost = state === "offline" || state === "reconnecting" || state === "unauthorized";
  const [closed, setClosed] = useState(false);
  const [long, setLong] = useState(false);
  useEffect(() => {
    if (!lost) return;
    const timer = setTimeout(setLong, BREAK, true);
    return () => {
      clearTimeout(timer);
      setLong(false);
      setClosed(false);
    };
  }, [lost]);
  if (!lost || closed || (!long && state === "reconnecting")) return null;
  return <LostToast close={() => setClosed(true)} />;
}

function LostToast({ close }: { readonly close: () => void }) {
  const { mood, label, note } = useConnectionWords();
  return (
    <article className="mp-toast" data-mood="lost" aria-label="Connection">
      <div className="mp-toast-text">
        <p className="mp-toast-name">{mood === "unauthorized" ? "A token is needed" : "Connection lost"}</p>
        <p className="mp-toast-line">
          <span>{mood === "unauthorized" ? note : `${label} · ${note}`}</span>
        </p>
        <ReconnectButton />
      </div>
      <button type="button" className="mp-close" aria-label="Dismiss" onClick={close}>
        <Icon name="cross" />
      </button>
    </article>
  );
}
