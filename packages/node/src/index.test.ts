import { expect, test } from "vitest";
import * as node from "./index.ts";

test("exports exactly these values", () => {
  expect(Object.keys(node).sort()).toEqual([
    "DEFAULT_POOL_LIMITS",
    "DEFAULT_RPC_LIMITS",
    "SILENT",
    "chainSpecJson",
    "createSignatureQueue",
    "developmentChain",
    "genesisBlock",
    "loadConfig",
    "openKeystore",
    "parseConfig",
    "startNode",
  ]);
});
