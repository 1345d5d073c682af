// The default look can be read: WCAG AA for every pair of text and ground, 3 : 1 for every bar.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync("src/react/look.css", "utf8");
const colours = new Map([...css.matchAll(/--mp-([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, ...pair]) => [name!, pair]));

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string, theme: 0 | 1): number {
  const [dark, light] = [a, b].map((name) => luminance(colours.get(name)![theme]!)).sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

const grounds = ["ground", "surface", "sunk"];
const texts = ["ink", "soft", "accent", "good", "warn", "bad"].flatMap((text) => grounds.map((ground) => [text, ground] as const));
const tinted = ["good", "warn", "bad", "accent"].map((name) => [name, `${name}-soft`] as const);
const bars = ["running", "good", "warn", "bad", "off"].flatMap((name) => ["sunk", "surface"].map((ground) => [`bar-${name}`, ground] as const));

test.each([...texts, ...tinted, ["on-accent", "accent"] as const])("%s on %s", (text, ground) => {
  expect(contrast(text, ground, 0)).toBeGreaterThanOrEqual(4.5);
  expect(contrast(text, ground, 1)).toBeGreaterThanOrEqual(4.5);
});

test.each(bars)("%s on %s", (bar, ground) => {
  expect(contrast(bar, ground, 0)).toBeGreaterThanOrEqual(3);
  expect(contrast(bar, ground, 1)).toBeGreaterThanOrEqual(3);
});
