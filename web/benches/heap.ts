// What a page and its shared worker hold on to: the JavaScript heap after a collection, by the browser's own protocol.

import type { Browser, CDPSession, Page } from "playwright-core";

/** Bytes in use in the page. */
export async function pageHeap(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

export function sessionOf(page: Page): Promise<CDPSession> {
  return page.context().newCDPSession(page);
}

/** Bytes in use in the shared workers of the browser; null where there is none. */
export async function workerHeap(browser: Browser): Promise<number | null> {
  const session = await browser.newBrowserCDPSession();
  try {
    const { targetInfos } = await session.send("Target.getTargets");
    const workers = targetInfos.filter(({ type }) => type === "shared_worker");
    const heaps = await Promise.all(workers.map(({ targetId }) => heapOf(session, targetId)));
    return heaps.length === 0 ? null : heaps.reduce((sum, heap) => sum + heap, 0);
  } finally {
    await session.detach();
  }
}

async function heapOf(session: CDPSession, targetId: string): Promise<number> {
  const { sessionId } = await session.send("Target.attachToTarget", { targetId });
  const ask = (id: number, method: string): Promise<{ usedSize?: number }> => new Promise((resolve) => {
    const listen = (event: { sessionId: string; message: string }): void => {
      const answer = JSON.parse(event.message) as { id?: number; result?: { usedSize?: number } };
      if (event.sessionId !== sessionId || answer.id !== id) return;
      session.off("Target.receivedMessageFromTarget", listen);
      resolve(answer.result ?? {});
    };
    session.on("Target.receivedMessageFromTarget", listen);
    void session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) });
  });
  await ask(1, "HeapProfiler.collectGarbage");
  return (await ask(2, "Runtime.getHeapUsage")).usedSize ?? NaN;
}
