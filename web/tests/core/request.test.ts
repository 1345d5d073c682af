// Requests: what is sent, what a refusal becomes, and when the app is asked for another token.

import { afterEach, expect, it, vi } from "vitest";
import { assemble } from "../../src/assemble.ts";
import { createTokenSource } from "../../src/token-source.ts";
import type { ProgressClient } from "../../src/client.ts";
import { frame, fakeHost, job, running } from "../support/host.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

interface Sent {
  readonly url: string;
  readonly method: string | undefined;
  readonly bearer: string | null;
  readonly body: unknown;
}

/** A client, and the requests it sends, answered one after the other. */
function service(answers: (Response | Error | "never")[], token?: () => Promise<string | null>): { client: ProgressClient; sent: Sent[] } {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    const body = typeof init.body === "string" ? JSON.parse(init.body) : null;
    sent.push({ url, method: init.method, bearer: new Headers(init.headers).get("authorization"), body });
    const answer = answers.shift();
    if (answer === "never") {
      return new Promise((_, reject) => {
        if (init.signal?.aborted) reject(init.signal.reason);
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      });
    }
    return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer);
  });
  const options = { url: "http://service/", project: "acme", ...(token && { token }) };
  return { client: assemble(options, fakeHost(), createTokenSource(token)), sent };
}

const refusal = (status: number, body: object, headers = {}): Response => Response.json(body, { status, headers });

it("asks for a job, a list, a history", async () => {
  const { client, sent } = service([
    Response.json(frame(job("a"))),
    Response.json({ items: [frame(job("a"))], page: "next" }),
    Response.json({ items: [], next: null }),
  ]);
  expect((await client.get("a")).id).toBe("a");
  const list = await client.list({ q: "sigma & co", status: ["failed", "active"], limit: 5, kind: "scan" });
  expect(list).toMatchObject({ items: [{ id: "a" }], page: "next" });
  await client.history("a", { after: 3 });
  expect(sent.map(({ url }) => url)).toEqual([
    "http://service/v1/projects/acme/jobs/a",
    "http://service/v1/projects/acme/jobs?kind=scan&status=cancelling&status=failed&status=queued&status=running&q=sigma+%26+co&limit=5",
    "http://service/v1/projects/acme/jobs/a/history?after=3",
  ]);
});

it("cancels and retries, and shows what came of it at once", async () => {
  const { client, sent } = service([Response.json(frame(running("a", 4, { status: "cancelling" }))), Response.json(frame(job("b")))]);
  client.job("a").subscribe(() => {});
  await client.cancel("a", "enough");
  await client.retry("a", { id: "b" });
  expect(client.jobs({ job: "a" })).toBeDefined();
  await Promise.resolve();
  expect(client.job("a").getSnapshot()).toMatchObject({ state: "ready", job: { status: "cancelling" } });
  expect(sent).toMatchObject([{ method: "POST", body: { reason: "enough" } }, { method: "POST", body: { id: "b" } }]);
});

it("words a refusal as the service does", async () => {
  const { client } = service([
    refusal(429, { code: "limited", title: "Too many", detail: "Too many requests." }, { "retry-after": "7" }),
    refusal(422, { code: "invalid", title: "Invalid", errors: [{ pointer: "/reason", detail: "too long" }] }),
    new Response("<html>", { status: 502 }),
    new TypeError("no network"),
  ]);
  await expect(client.get("a")).rejects.toMatchObject({ status: 429, code: "limited", message: "Too many requests.", retryAfter: 7 });
  await expect(client.get("a")).rejects.toMatchObject({ code: "invalid", message: "Invalid", errors: [{ pointer: "/reason" }] });
  await expect(client.get("a")).rejects.toMatchObject({ status: 502, code: "unexpected", retryAfter: null });
  await expect(client.get("a")).rejects.toMatchObject({ status: 0, code: "unreachable" });
});

it("gives up a request when the caller does, or in the end by itself", async () => {
  const stop = new AbortController();
  const { client } = service(["never", "never"]);
  const asked = client.get("a", { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
  vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(AbortSignal.abort());
  await expect(client.get("a")).rejects.toMatchObject({ code: "unreachable" });
});

it("asks the app for one token for many requests, and for another one once when it is refused", async () => {
  const token = vi.fn(async () => `t${token.mock.calls.length}`);
  const no = (): Response => refusal(401, { code: "unauthorized", title: "Unauthorized" });
  const yes = (): Response => Response.json(frame(job("a")));
  const { client, sent } = service([yes(), yes(), no(), no(), yes(), yes(), no(), no()], token);
  await Promise.all([client.get("a"), client.get("a")]);
  expect(token).toHaveBeenCalledTimes(1);
  await Promise.all([client.get("a"), client.get("a")]);
  expect(token).toHaveBeenCalledTimes(2);
  expect(sent.map(({ bearer }) => bearer)).toEqual(["t1", "t1", "t1", "t1", "t2", "t2"].map((name) => `Bearer ${name}`));
  await expect(client.get("a")).rejects.toMatchObject({ status: 401, code: "unauthorized" });
  expect(sent).toHaveLength(8);
});

it("opens each connection with a token of its own, but for one that nobody used yet", async () => {
  const token = vi.fn(async () => `t${token.mock.calls.length}`);
  const bearer = createTokenSource(token);
  expect(await bearer.current()).toBe("t1");
  expect([await bearer.next(), await bearer.next(), await bearer.current()]).toEqual(["t1", "t2", "t2"]);
  expect(await bearer.instead("t2")).toBe("t3");
  vi.setSystemTime(Date.now() + 60_000);
  expect(await bearer.next()).toBe("t4");
  vi.useRealTimers();
});

it("takes an app that cannot give a token for one that has none", async () => {
  const bearer = createTokenSource(() => Promise.reject(new Error("signed out")));
  expect(await bearer.current()).toBeNull();
});
