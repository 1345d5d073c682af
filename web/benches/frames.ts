// How long the frames of a page take while it is scrolled: the time between two callbacks of requestAnimationFrame.

import type { Page } from "playwright-core";

/** Scrolls down and up again, as a hand on a wheel does, for so long. Milliseconds of each frame. */
export async function scrolling(page: Page, milliseconds: number): Promise<number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    const tick = (at: number): void => {
      times.push(at);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(window, { frameTimes: times });
  });
  const until = Date.now() + milliseconds;
  for (let turn = 0; Date.now() < until; turn++) {
    await page.mouse.wheel(0, turn % 80 < 40 ? 240 : -240);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const times = await page.evaluate(() => (window as Window & { frameTimes?: number[] }).frameTimes ?? []);
  return times.slice(1).map((at, index) => at - (times[index] ?? at));
}
