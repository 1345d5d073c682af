// Accessibility as axe sees it, without what only a painted page can show (colours are tested where they are defined).

import axe from "axe-core";
import { expect } from "vitest";

export async function expectAccessible(node: Element): Promise<void> {
  const { violations } = await axe.run(node, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((one) => one.html).join(" ")}`)).toEqual([]);
}
