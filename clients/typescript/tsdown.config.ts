// The package as others install it: one entry for every runtime, one for what only Node's own streams need.
import { defineConfig } from "tsdown";

export default defineConfig({
  entry: { index: "src/index.ts", node: "src/node.ts" },
  outDir: "build",
  format: "esm",
  platform: "neutral",
  target: "es2022",
  dts: true,
  // For who has an older `lib`: the types speak of what `using` calls.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  deps: { neverBundle: [/^node:/] },
  fixedExtension: false,
});
