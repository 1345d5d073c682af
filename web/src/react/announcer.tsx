// A polite live region for those who cannot see the bars. Once on a page.

import { useEffect, useState } from "react";
import type { Selector } from "../job.ts";
import { announcementOf, connectionAnnouncement, createSpeaker } from "../display/announcements.ts";
import { useClient } from "./context.tsx";
import { useSelector } from "./use-jobs.ts";

/** What is to be said of the jobs of a selection, for a live region of one's own making. */
export function useAnnouncements(selector: Selector = {}): string {
  const client = useClient();
  const what = useSelector(selector);
  const [text, setText] = useState("");
  useEffect(() => {
    const speaker = createSpeaker(setText);
    const watch = client.watch(what, {
      onJob(job, before) {
        const line = announcementOf(before, job);
        if (line !== null) speaker.say(job.id, line);
      },
    });
    let { state } = client.connection.getSnapshot();
    const leave = client.connection.subscribe(() => {
      const now = client.connection.getSnapshot().state;
      const line = connectionAnnouncement(state, now);
      // Between a loss and its end lie other states, which say nothing.
      if (line !== null || now === "live" || now === "degraded") state = now;
      if (line !== null) speaker.say("connection", line);
    });
    return () => {
      watch.stop();
      leave();
      speaker.stop();
    };
  }, [client, what]);
  return text;
}

export function Announcer({ selector }: { readonly selector?: Selector | undefined }) {
  return <div className="mp-unseen" role="status" aria-live="polite">{useAnnouncements(selector)}</div>;
}
