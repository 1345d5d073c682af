// A port that nobody is given unasked: below those that the system hands out, so that a service which was killed finds
// it free when it comes back.

import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const FIRST = 20_000;
const RANGE = 10_000;


/** A free port of the loopback interface. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < RANGE; tries++) {
    // At random, so that two who look at the same time do not find the same one.
    const port = FIRST + randomInt(RANGE);
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
