import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/**/*.test.ts",
            "apps/**/*.test.ts",
            "contracts/**/*.test.ts",
            "testing/kit/**/*.test.ts",
            "bench/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**", "**/*.e2e.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Files share a worker's modules: loading the native and Wasm halves of crypto is most of a file's time.
          isolate: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["testing/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
