// A port that nobody is given unasked: below those that the system hands out, so that a service which was killed finds
// it free when it comes back.

import { createServer } from "node:net";

const FIRST = 20_000;
const RANGE = 10_000;

let next = process.pid % RANGE;

/** A free port of the loopback interface. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < RANGE; tries++) {
    const port = FIRST + (next++ % RANGE);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
