/** For benches: the real runtime and real pRuntimes in one process. */
export { seededRandom } from "../seeded-random.ts";
export { createRuntimeChain, type RuntimeChain } from "./runtime-chain.ts";
export { createSimHost, type SimHost } from "./sim-host.ts";
