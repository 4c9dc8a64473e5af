import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Whole chains and networks in one process: minutes of processor time, so not part of `npm run check`. */
const SIMULATIONS = [
  "packages/pruntime/src/core/*.test.ts",
  "packages/node/src/chain/crash.test.ts",
  "packages/node/src/chain/other-engines.test.ts",
  "packages/node/src/chain/runtime-upgrade.test.ts",
  "packages/node/src/chain/view-call.test.ts",
  "packages/node/src/database/repair-database.test.ts",
  "packages/runtime/src/**/simulation.test.ts",
  "packages/runtime/src/session/pallet.test.ts",
  "testing/kit/src/simulation/*.test.ts",
  "testing/attacks/src/*.test.ts",
];

/**
 * Scenarios over processes that are part of `npm run test:long` alone: what they go through is tested in one process as
 * well, and together they would take a fifth of the time that `npm test` has.
 */
const LONG_SCENARIOS = [
  "testing/e2e/src/audit.test.ts",
  "testing/e2e/src/console-care.test.ts",
  "testing/e2e/src/console-faults.test.ts",
  "testing/e2e/src/console-light.test.ts",
  "testing/e2e/src/console-pictures.test.ts",
  "testing/e2e/src/disputes.test.ts",
  "testing/e2e/src/drill.test.ts",
  "testing/e2e/src/elected-gatekeepers.test.ts",
  "testing/e2e/src/kills.test.ts",
  "testing/e2e/src/large-deltas.test.ts",
  "testing/e2e/src/pruntime-upgrade.test.ts",
];

/** Simulations whose curve is a model of it. */
const MODELLED = ["testing/kit/src/simulation/confidential/*.test.ts"];
const MODEL_BLS = join(import.meta.dirname, "testing/kit/src/simulation/confidential/model-bls.ts");

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
          exclude: ["**/node_modules/**", ...SIMULATIONS, ...MODELLED],
        },
      },
      { test: { ...inOneProcess, name: "simulation", include: SIMULATIONS, exclude: MODELLED } },
      {
        // Pairings as products of numbers: see `model-bls.ts`.
        resolve: { alias: [{ find: /^\.\/bls\.node\.ts$/, replacement: MODEL_BLS }] },
        test: { ...inOneProcess, name: "modelled", include: MODELLED },
      },
      {
        test: {
          name: "e2e",
          include: ["testing/e2e/**/*.test.ts"],
          exclude: process.env["PHA_LONG"] === "1" ? [] : LONG_SCENARIOS,
          globalSetup: "testing/e2e/src/build-programs.ts",
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // The networks are processes of their own; what drives them, SDK and third-party clients, is loaded once.
          isolate: false,
        },
      },
    ],
  },
});
