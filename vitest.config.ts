import { defineConfig } from "vitest/config";

/** Whole networks in one process, without sockets and clocks: minutes of processor time, so not part of `npm run check`. */
const SIMULATIONS = [
  "packages/pruntime/src/core/*.test.ts",
  "testing/kit/src/simulation/*.test.ts",
];

const inOneProcess = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // Files share a worker's modules: loading the native and Wasm halves of crypto is most of a file's time.
  isolate: false,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...inOneProcess,
          name: "unit",
          include: [
            "packages/**/*.test.ts",
            "apps/**/*.test.ts",
            "contracts/**/*.test.ts",
            "testing/kit/**/*.test.ts",
            "bench/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**", ...SIMULATIONS],
        },
      },
      { test: { ...inOneProcess, name: "simulation", include: SIMULATIONS } },
      {
        test: {
          name: "e2e",
          include: ["testing/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
