// The service's clock, as seen from here: a viewer's own may be minutes off, and the times of jobs are the service's.
// Learnt from what the frames say of themselves; asks nobody.

import type { ProgressClient } from "../client.ts";
import { isTerminal, type Frame } from "../job.ts";

interface Clock {
  /** The time at the service for a moment of this machine, both in milliseconds since 1970. */
  at(moment: number): number;
  /** Learns from the client's frames until the returned function is called. */
  listen(): () => void;
}

const clocks = new WeakMap<ProgressClient, Clock>();

/** The one clock of a client. */
export function clockOf(client: ProgressClient): Clock {
  let clock = clocks.get(client);
  if (!clock) clocks.set(client, (clock = createClock(client)));
  return clock;
}

function createClock(client: ProgressClient): Clock {
  // How far this machine is ahead. A frame can only have taken time since it was written, so the smallest difference
  // is the nearest to the truth.
  let ahead = Infinity;
  // A frame of a first snapshot may be days old; one that follows another of its job was written just now.
  const known = new Set<string>();
  let users = 0;
  let stop = () => {};

  function learn({ timestamp, data }: Frame) {
    const difference = Date.now() - Date.parse(timestamp);
    if (difference < ahead && (difference < 0 || known.has(data.id))) ahead = difference;
    if (isTerminal(data.status)) known.delete(data.id);
    else known.add(data.id);
  }

  return {
    at: (moment) => moment - (Number.isFinite(ahead) ? ahead : 0),
    listen() {
      if (users++ === 0) stop = client.onFrame(learn);
      return () => {
        if (--users > 0) return;
        stop();
        known.clear(); // what comes after a pause may be old again
      };
    },
  };
}
