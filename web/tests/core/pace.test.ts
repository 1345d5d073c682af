// When listeners hear of changes: once a frame on a page that is seen, soon after on one that is not.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPace } from "../../src/pace.ts";

let frames: (() => void)[];
const page = { visibilityState: "visible" };

beforeEach(() => {
  vi.useFakeTimers();
  frames = [];
  page.visibilityState = "visible";
  vi.stubGlobal("document", page);
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const draw = (): void => frames.splice(0).forEach((run) => run());

it("does all work of a frame together, and each piece once", () => {
  const [pace, one, two] = [createPace(), vi.fn(), vi.fn()];
  for (let n = 0; n < 100; n++) pace(n % 2 ? one : two);
  expect(frames).toHaveLength(1);
  expect(one).not.toHaveBeenCalled();
  draw();
  expect([one.mock.calls.length, two.mock.calls.length]).toEqual([1, 1]);
  vi.advanceTimersByTime(1_000);
  expect(one).toHaveBeenCalledTimes(1);
  pace(one);
  draw();
  expect(one).toHaveBeenCalledTimes(2);
});

it("an old timer does not hurry a new frame", () => {
  const [pace, work] = [createPace(), vi.fn()];
  pace(work);
  draw();
  vi.advanceTimersByTime(90);
  pace(work);
  vi.advanceTimersByTime(20);
  expect(work).toHaveBeenCalledTimes(1);
});

it("does not wait for a frame that a hidden page never gets", () => {
  const [pace, work] = [createPace(), vi.fn()];
  pace(work);
  page.visibilityState = "hidden";
  vi.advanceTimersByTime(200);
  expect(work).toHaveBeenCalledTimes(1);
  frames.splice(0);
  pace(work);
  expect(frames).toHaveLength(0);
  vi.advanceTimersByTime(1);
  expect(work).toHaveBeenCalledTimes(2);
});

it("work that asks for more gets it the next time", () => {
  const pace = createPace();
  let times = 0;
  const work = (): void => {
    if (++times < 3) pace(work);
  };
  pace(work);
  draw();
  expect(times).toBe(1);
  draw();
  draw();
  expect(times).toBe(3);
});
