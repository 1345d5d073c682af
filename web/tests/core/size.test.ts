// What the core costs a page: the entry as it is delivered, minified and compressed. The code that holds the connection
// is loaded apart, by the one page or worker that does; its size is printed, and bounded too.

import { gzipSync } from "node:zlib";
import { resolve } from "node:path";
import { build } from "vite";
import { expect, it } from "vitest";

const BUDGET = 8_192;
const HOLDER_BUDGET = 10_240;

it("the entry is at most 8 kB, gzipped", { timeout: 120_000 }, async () => {
  const root = resolve(import.meta.dirname, "../..");
  const built = await build({
    configFile: false,
    root,
    logLevel: "silent",
    build: {
      write: false,
      target: "es2022",
      lib: { entry: resolve(root, "src/index.ts"), formats: ["es"] },
      rollupOptions: { output: { minify: true } },
    },
  });
  const [result] = [built].flat();
  if (!result || !("output" in result)) throw new Error("nothing was built");
  const chunks = result.output.filter((chunk) => chunk.type === "chunk");
  const size = (wanted: typeof chunks): number =>
    wanted.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
  // What the entry imports is loaded with it; what it imports later is not.
  const first = new Set(chunks.filter(({ isEntry }) => isEntry).flatMap(({ fileName, imports }) => [fileName, ...imports]));
  const entry = size(chunks.filter(({ fileName }) => first.has(fileName)));
  const holder = size(chunks.filter(({ fileName }) => !first.has(fileName)));
  console.log(`entry ${entry} bytes gzipped, holder of the connection ${holder}`);
  expect(entry).toBeLessThanOrEqual(BUDGET);
  expect(holder).toBeLessThanOrEqual(HOLDER_BUDGET);
});
