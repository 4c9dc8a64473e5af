import { expect, test } from "vitest";
import * as node from "./index.ts";

test("exports exactly these values", () => {
  expect(Object.keys(node).sort()).toEqual([
    "DEFAULT_POOL_LIMITS",
    "DEFAULT_RPC_LIMITS",
    "SILENT",
    "callView",
    "chainSpecJson",
    "checkpointOf",
    "createSignatureQueue",
    "developmentChain",
    "genesisBlock",
    "keysOfCall",
    "loadConfig",
    "localSpec",
    "openChain",
    "openKeystore",
    "parseConfig",
    "startNode",
    "testnetSpec",
  ]);
});
