// `@milepost/worker/node`: the same for Node's own streams.

import { Transform } from "node:stream";
import { countChunk, type Measure, type Meter } from "./stream.ts";

/** A Transform for `pipeline` that changes nothing, and counts for a job or a phase what flows through it. */
export function counting(to: Meter, by: Measure = "bytes"): Transform {
  return new Transform({
    // Objects pass as they are; bytes keep Node's limit by bytes.
    objectMode: by === "chunks",
    decodeStrings: false,
    transform(chunk, _encoding, done) {
      try {
        countChunk(to, chunk, by);
        done(null, chunk);
      } catch (reason) {
        done(reason as Error);
      }
    },
  });
}

export type { Measure, Meter };
