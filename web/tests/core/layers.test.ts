// The shape of the package: imports only ever go down, the core needs nothing but itself, and no file grows too long.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const web = resolve(import.meta.dirname, "../..");
const src = join(web, "src");

/** From the bottom up: a file may import what stands before it, or in its own row; only types cross a row upwards. */
const LAYERS: readonly (readonly RegExp[])[] = [
  [/^(contract|job|connection|port|problem|client)\.ts$/],
  [/^(selector|call|pace|grace|token-source|token|backoff|check|ending|sse|sift|plan|transport|timers|difference)\.ts$/],
  [/^transport\//],
  [/^(watched|session|ladder|listener)\.ts$/],
  [/^engine\.ts$/],
  [/^share\//],
  [/^worker\.ts$/],
  [/^(jobs|line|request)\.ts$/],
  [/^(store|watch|wait|events)\.ts$/],
  [/^assemble\.ts$/],
  [/^create\.ts$/],
  [/^index\.ts$/],
  [/^display\//],
  [/^element\//, /^element\.ts$/],
  [/^react\//, /^react\.ts$/],
  [/^\.\.\/dashboard\//],
];

/** Made from the service's schemas, all in one. */
const MADE = "contract.ts";

/** What is left to frameworks, and to the app built with them. */
const ADAPTERS = LAYERS.length - 2;

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => relative(src, join(folder, name)).replaceAll("\\", "/"))
    .sort();
}

interface Import {
  readonly from: string;
  readonly types: boolean;
}

function imports(file: string): Import[] {
  const text = readFileSync(join(src, file), "utf8");
  const written = text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm);
  const fetched = text.matchAll(/\bimport\("([^"]+)"\)/g);
  return [
    ...[...written].map(([, type, from = ""]) => ({ from, types: type !== undefined })),
    ...[...fetched].map(([, from = ""]) => ({ from, types: false })),
  ];
}

function layer(file: string): number {
  return LAYERS.findIndex((row) => row.some((name) => name.test(file)));
}

function targetOf(file: string, from: string): string {
  return relative(src, resolve(join(src, dirname(file)), from)).replaceAll("\\", "/");
}

/** The file and all that it needs to run, however far. */
function closure(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file) || !/\.tsx?$/.test(file)) return found;
  found.add(file);
  for (const { from, types } of imports(file)) if (!types && from.startsWith(".")) closure(targetOf(file, from), found);
  return found;
}

const files = [...sources(src), ...sources(join(web, "dashboard"))];

it("finds the files", () => {
  expect(files).toContain("create.ts");
  expect(imports("create.ts").map(({ from }) => from)).toContain("./engine.ts");
});

describe.each(files)("%s", (file) => {
  const own = layer(file);

  it("has its place", () => expect(own, "add it to the layers").toBeGreaterThanOrEqual(0));

  it("never turns back", () => {
    for (const { from, types } of imports(file)) {
      if (!from.startsWith(".") || from.endsWith(".css")) continue;
      const target = targetOf(file, from);
      if (types && layer(target) < ADAPTERS) continue;
      expect(layer(target), `${file} imports ${target}`).toBeLessThanOrEqual(own);
    }
  });

  it.skipIf(file === MADE)("is short", () => expect(readFileSync(join(src, file), "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(300));
});

describe.each(files.filter((file) => layer(file) < ADAPTERS))("%s", (file) => {
  it("needs nothing but the package", () => {
    for (const needed of closure(file)) {
      for (const { from } of imports(needed)) expect(from, `imported by ${needed}`).toMatch(/^\.{1,2}\//);
    }
  });
});
