import { defineConfig } from "vitest/config";

// Every file brings its own service up. Most of the time is spent on leases, so a few run beside each other; not more,
// so that small machines keep theirs.
export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/build.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
  },
});
