// Stores and the groups behind them: one watch for equal selectors, the newest state, snapshots that stay what they are.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { assemble } from "../../src/assemble.ts";
import { createTokenSource } from "../../src/token-source.ts";
import type { ProgressClient } from "../../src/client.ts";
import { GRACE } from "../../src/grace.ts";
import { at, ended, fakeHost, job, running, type FakeHost } from "../support/host.ts";

let host: FakeHost;
let client: ProgressClient;

beforeEach(() => {
  vi.useFakeTimers();
  host = fakeHost();
  client = assemble({ url: "http://service", project: "acme" }, host, createTokenSource(undefined));
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
});

const turn = (): Promise<void> => Promise.resolve();
const nothing = (): void => {};

describe("one job", () => {
  it("is loading, then what came, and never goes back", async () => {
    const store = client.job("a");
    const heard = vi.fn();
    expect(store.getSnapshot()).toMatchObject({ state: "loading", job: null });
    store.subscribe(heard);
    host.give(running("a", 3));
    host.give(running("a", 2));
    await turn();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(store.getSnapshot()).toMatchObject({ state: "ready", job: { version: 3 } });
    const snapshot = store.getSnapshot();
    host.give(running("a", 3));
    await turn();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(store.getSnapshot()).toBe(snapshot);
  });

  it("says gone and refused, and keeps the last state", async () => {
    const [a, b] = [client.job("a"), client.job("b")];
    a.subscribe(nothing);
    b.subscribe(nothing);
    host.give(running("a", 3));
    host.say({ type: "gone", job: "a" }, { type: "refused", watch: host.watch(), code: "not_found", detail: "none" });
    await turn();
    expect(a.getSnapshot()).toMatchObject({ state: "gone", job: { version: 3 } });
    expect(b.getSnapshot()).toMatchObject({ state: "refused", job: null, error: { code: "not_found", status: 404 } });
  });

  it("asks anew after a refusal", async () => {
    const leave = client.job("a").subscribe(nothing);
    host.say({ type: "refused", watch: host.watch(), code: "not_found", detail: "none" });
    leave();
    const watch = client.watch("a");
    expect(host.ops("watch")).toHaveLength(2);
    watch.stop();
  });
});

describe("watches", () => {
  it("are shared by equal selectors, however they are written", () => {
    const stores = [
      client.jobs({ status: ["queued", "running"], kind: "scan" }),
      client.jobs({ kind: "scan", status: ["running", "queued"] }),
    ];
    expect(stores[0]).toBe(stores[1]);
    for (const store of stores) store.subscribe(nothing);
    client.watch({ status: ["running", "queued", "running"], kind: "scan" });
    expect(host.ops("watch")).toHaveLength(1);
  });

  it("outlive an unmount that is followed by a mount, and end a moment after the last holder", () => {
    const store = client.job("a");
    store.subscribe(nothing)();
    const leave = store.subscribe(nothing);
    vi.advanceTimersByTime(GRACE * 3);
    expect(host.ops("watch")).toHaveLength(1);
    expect(host.ops("unwatch")).toHaveLength(0);
    leave();
    leave();
    vi.advanceTimersByTime(GRACE * 2 + 1);
    expect(host.ops("unwatch")).toHaveLength(1);
  });

  it("are not left behind by ten thousand mounts", () => {
    for (let n = 0; n < 10_000; n++) client.job(`job-${n}`).subscribe(nothing)();
    vi.advanceTimersByTime(GRACE * 3);
    expect(host.ops("unwatch")).toHaveLength(10_000);
    expect(vi.getTimerCount()).toBe(0);
    host.give(running("job-1", 2));
    expect(client.job("job-1").getSnapshot().job).toBeNull();
  });

  it("send nothing for an empty list of ids", async () => {
    const store = client.jobs({ job: [] });
    store.subscribe(nothing);
    host.give(running("a", 1));
    await turn();
    expect(host.ops("watch")).toHaveLength(0);
    expect(store.getSnapshot()).toMatchObject({ jobs: [], synced: true });
  });
});

describe("a selection", () => {
  it("is in order of creation, newest first, and the same object until something changes", async () => {
    const store = client.jobs();
    const heard = vi.fn();
    store.subscribe(heard);
    host.give(job("a", { created_at: at(1) }), job("c", { created_at: at(3) }), job("b", { created_at: at(2) }));
    await turn();
    expect(store.getSnapshot().jobs.map(({ id }) => id)).toEqual(["c", "b", "a"]);
    expect(store.getSnapshot()).toBe(store.getSnapshot());
    expect(heard).toHaveBeenCalledTimes(1);
    host.say({ type: "synced", watch: host.watch() });
    await turn();
    expect(store.getSnapshot().synced).toBe(true);
  });

  it("loses what no longer matches, and what a new snapshot does not name", async () => {
    const [active, all] = [client.jobs({ status: "active" }), client.jobs()];
    active.subscribe(nothing);
    all.subscribe(nothing);
    const watch = host.watch();
    host.give(running("a", 2), running("b", 2), running("c", 2));
    host.give(ended("a", 3));
    await turn();
    expect(active.getSnapshot().jobs.map(({ id }) => id)).toEqual(["c", "b"]);
    expect(all.getSnapshot().jobs).toHaveLength(3);
    host.say({ type: "reset", watch });
    host.give(ended("a", 3), running("b", 2));
    host.say({ type: "synced", watch });
    await turn();
    expect(all.getSnapshot().jobs.map(({ id }) => id)).toEqual(["b", "a"]);
  });

  it("shows at once what another watch has brought", async () => {
    client.jobs().subscribe(nothing);
    host.give(running("a", 2));
    await turn();
    expect(client.job("a").getSnapshot().state).toBe("ready");
    const one = client.jobs({ job: "a" });
    one.subscribe(nothing);
    expect(one.getSnapshot().jobs).toHaveLength(1);
  });

  it("tells its listeners once, however many frames come at once", async () => {
    const heard = vi.fn();
    client.jobs().subscribe(heard);
    for (let version = 1; version <= 3; version++) {
      host.give(...Array.from({ length: 1000 }, (_, n) => running(`job-${n}`, version)));
    }
    expect(heard).not.toHaveBeenCalled();
    await turn();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(client.jobs().getSnapshot().jobs).toHaveLength(1000);
  });
});

describe("values", () => {
  it("asks for the summary while somebody looks", async () => {
    const leave = client.summary.subscribe(nothing);
    expect(host.ops("summary")).toEqual([{ op: "summary", on: true }]);
    const last_24h = { completed: 0, failed: 0, cancelled: 0 };
    const by_status = { queued: 0, running: 1, cancelling: 0, completed: 0, failed: 0, cancelled: 0 };
    const summary = { total: 1, stalled: 0, by_status, by_kind: {}, last_24h };
    host.say({ type: "summary", summary });
    await turn();
    expect(client.summary.getSnapshot()).toEqual(summary);
    leave();
    vi.advanceTimersByTime(GRACE * 2 + 1);
    expect(host.ops("summary")).toHaveLength(2);
  });

  it("tells how the connection stands, and closed for good at the end", async () => {
    const heard = vi.fn();
    client.connection.subscribe(heard);
    client.job("a").subscribe(nothing);
    host.say({ type: "connection", connection: { state: "live", transport: "websocket", heardAt: 1, staleSince: null } });
    await turn();
    expect(client.connection.getSnapshot().state).toBe("live");
    client.close();
    await turn();
    expect(client.connection.getSnapshot().state).toBe("closed");
    expect(host.open()).toBe(0);
    expect(heard).toHaveBeenCalledTimes(2);
  });

  it("a listener that throws stops nobody else", async () => {
    const shown = vi.spyOn(console, "error").mockImplementation(nothing);
    const heard = vi.fn();
    client.connection.subscribe(() => { throw new Error("mine"); });
    client.connection.subscribe(heard);
    client.job("a").subscribe(nothing);
    host.say({ type: "connection", connection: { state: "connecting", transport: null, heardAt: null, staleSince: null } });
    await turn();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(shown).toHaveBeenCalledTimes(1);
    client.close();
    await turn();
    shown.mockRestore();
  });
});
