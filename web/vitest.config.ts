import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      // Without a browser, a service, or time that passes by itself.
      { test: { name: "unit", testTimeout: 60_000, include: ["tests/core/**/*.test.ts", "tests/react/**/*.test.tsx", "tests/element/**/*.test.ts"] } },
      // Chromium against the real binary and the real demonstration, one file after the other.
      { test: { name: "pages", include: ["tests/pages/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
    ],
  },
});
