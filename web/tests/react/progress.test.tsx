// @vitest-environment jsdom
// Bars and phases: the values that are said, and that a bar never runs backwards.

import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { Job, Phase } from "../../src/job.ts";
import { PhaseTimeline, ProgressBar } from "../../src/react.ts";
import { expectAccessible } from "../support/axe.ts";
import { aJob } from "../support/fake-client.ts";
import { show } from "../support/render.tsx";

afterEach(cleanup);

const at = (percent: number | null, change: Partial<Job> = {}) =>
  aJob({ id: "a", progress: { current: 1500, total: 3000, unit: "rules", percent }, ...change });

const fillOf = (bar: HTMLElement) => bar.firstElementChild as HTMLElement;

test("a bar says its role, its values and what was counted", async () => {
  const { container } = show(<ProgressBar job={at(50.9)} label="SigmaHQ" />);
  const bar = screen.getByRole("progressbar", { name: "SigmaHQ" });
  expect(bar.getAttribute("aria-valuenow")).toBe("50");
  expect(bar.getAttribute("aria-valuemin")).toBe("0");
  expect(bar.getAttribute("aria-valuemax")).toBe("100");
  expect(bar.getAttribute("aria-valuetext")).toBe("50%, 1,500 of 3,000 rules");
  await expectAccessible(container);
});

test("99.9 percent is not a hundred", () => {
  show(<ProgressBar job={at(99.99)} />);
  expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("99");
});

test("a bar of which nobody knows how far it is has no value, and shows that it works", () => {
  const progress = { current: 0, total: null, unit: null, percent: null };
  const { rerender } = show(<ProgressBar job={at(null, { progress })} />);
  const bar = screen.getByRole("progressbar");
  expect(bar.hasAttribute("aria-valuenow")).toBe(false);
  expect(bar.getAttribute("aria-valuetext")).toBe("running");
  expect(bar.hasAttribute("data-open")).toBe(true);
  rerender(<ProgressBar job={at(null, { progress, status: "queued" })} />);
  expect(bar.hasAttribute("data-open")).toBe(false);
  expect(bar.getAttribute("aria-valuetext")).toBe("queued");
});

test("a bar moves forwards smoothly and jumps back", () => {
  const { rerender } = show(<ProgressBar job={at(50)} />);
  const fill = fillOf(screen.getByRole("progressbar"));
  expect(fill.style.transform).toBe("translateX(-50%)");
  rerender(<ProgressBar job={at(75)} />);
  expect(fill.style.transform).toBe("translateX(-25%)");
  expect(fill.hasAttribute("data-still")).toBe(false);
  rerender(<ProgressBar job={at(0, { attempt: 2 })} />);
  expect(fill.style.transform).toBe("translateX(-100%)");
  expect(fill.hasAttribute("data-still")).toBe(true);
  rerender(<ProgressBar job={at(10, { attempt: 2 })} />);
  expect(fill.hasAttribute("data-still")).toBe(false);
  rerender(<ProgressBar job={at(90, { id: "b" })} />);
  expect(fill.hasAttribute("data-still")).toBe(true);
});

test.each([
  ["stalled", { stalled_at: "2026-01-01T00:00:00.000Z" }],
  ["failed", { status: "failed" }],
  ["cancelled", { status: "cancelled" }],
] as const)("a %s bar says so", (mood, change) => {
  show(<ProgressBar job={at(50, change)} />);
  const bar = screen.getByRole("progressbar");
  expect(bar.dataset["mood"]).toBe(mood);
  expect(bar.getAttribute("aria-valuetext")).toContain(mood);
});

function phase(name: string, status: Phase["status"], change: Partial<Phase> = {}): Phase {
  return { name, status, weight: 1, current: 0, total: null, unit: null, started_at: null, finished_at: null, ...change };
}

test("phases say name, status, count and time in words, and are as wide as they weigh", async () => {
  const job = at(50, { phases: [
    phase("fetch", "completed", { started_at: "2026-01-01T00:00:00.000Z", finished_at: "2026-01-01T00:01:20.000Z" }),
    phase("parse_rules", "failed", { weight: 8, current: 3, total: 4, unit: "rules", started_at: "2026-01-01T00:01:20.000Z", finished_at: "2026-01-01T00:01:24.500Z" }),
    phase("index", "skipped"),
  ] });
  const { container } = show(<PhaseTimeline job={job} />);
  const steps = screen.getAllByRole("listitem").map((step) => [...step.children].slice(1).map((part) => part.textContent));
  expect(steps).toEqual([
    ["Fetch", "completed", "1 min 20 s"], ["Parse rules", "failed", "3 of 4 rules", "4.5 s"], ["Index", "skipped"],
  ]);
  const parts = [...container.querySelectorAll<HTMLElement>(".mp-part")];
  expect(parts.map((part) => part.style.flexGrow)).toEqual(["0.1", "0.8", "0.1"]);
  expect(parts.map((part) => (part.firstElementChild as HTMLElement).style.transform)).toEqual([
    "translateX(0%)", "translateX(-25%)", "translateX(-100%)",
  ]);
  await expectAccessible(container);
});
