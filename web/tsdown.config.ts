// The package as others install it: one entry for each thing that can be imported.
import { defineConfig } from "tsdown";

export default defineConfig({
  entry: { index: "src/index.ts", react: "src/react.ts", element: "src/element.ts", worker: "src/worker.ts" },
  outDir: "build",
  format: "esm",
  platform: "browser",
  target: "es2022",
  dts: true,
  fixedExtension: false,
  external: ["react", "react/jsx-runtime"],
  copy: ["src/react/look.css"],
});
