// All that a test of the page needs: the service, the proxy before it, a browser, and a worker that speaks to the
// service directly. One for each file of tests.

import { afterAll, afterEach, beforeAll } from "vitest";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { launch, room, type Room } from "./browser.ts";
import { Proxy } from "./proxy.ts";
import { Service, type ServiceOptions } from "./service.ts";
import { Worker } from "./worker.ts";

export interface Stage {
  readonly service: Service;
  readonly proxy: Proxy;
  readonly browser: Browser;
  /** Works in project `acme`. */
  readonly worker: Worker;
  /** A profile of its own; closed at the end of the test. */
  room(options?: BrowserContextOptions): Promise<Room>;
  /** The address of a view, through the proxy; in project `acme` unless the query says otherwise. */
  address(query?: string): string;
}

/** Sets a stage up for the tests of this file. Each begins with the network whole. */
export function useStage(options: ServiceOptions = {}): Stage {
  let parts: { service: Service; proxy: Proxy; browser: Browser; worker: Worker } | null = null;
  const rooms: Room[] = [];
  const get = () => {
    if (!parts) throw new Error("the stage is set up before the first test");
    return parts;
  };
  beforeAll(async () => {
    const [service, browser] = await Promise.all([Service.start(options), launch()]);
    const proxy = await Proxy.start(service.port);
    const token = options.secret === undefined ? null : service.token();
    parts = { service, browser, proxy, worker: new Worker(service.origin, "acme", token) };
  });
  afterEach(async () => {
    get().proxy.restore();
    await Promise.all(rooms.splice(0).map(({ context }) => context.close()));
  });
  afterAll(async () => {
    if (!parts) return;
    await parts.browser.close();
    await parts.proxy.close();
    await parts.service.close();
  });
  return {
    get service() { return get().service; },
    get proxy() { return get().proxy; },
    get browser() { return get().browser; },
    get worker() { return get().worker; },
    async room(options) {
      const made = await room(get().browser, options);
      rooms.push(made);
      return made;
    },
    address: (query = "") => `${get().proxy.origin}/?${query.includes("project=") ? "" : "project=acme&"}${query}`,
  };
}
