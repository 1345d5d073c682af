// What a screen reader is told: of the job that is looked at phases, quarter steps and its end, as the component of the
// package does; of all others only how they ended, lest twenty jobs talk at once.

import { useEffect, useState } from "react";
import { Announcer as JobAnnouncer } from "../../../src/react.ts";
import { createSpeaker } from "../../../src/display/announcements.ts";
import { nameOf } from "../../../src/display/format.ts";
import { route, useRoute } from "../navigation.ts";
import { book } from "../session.ts";

export function Announcer() {
  const { job } = useRoute();
  const [line, setLine] = useState("");
  useEffect(() => {
    const speaker = createSpeaker(setLine);
    const leave = book.onEnded((ended) => {
      if (ended.id === route().job) return;
      speaker.say(ended.id, `${nameOf(ended)} ${ended.status}${ended.error ? `: ${ended.error.message}` : ""}`);
    });
    return () => {
      leave();
      speaker.stop();
    };
  }, []);
  return (
    <>
      <div className="unseen" role="status" aria-live="polite">{line}</div>
      <JobAnnouncer selector={{ job: job === null ? [] : [job] }} />
    </>
  );
}
