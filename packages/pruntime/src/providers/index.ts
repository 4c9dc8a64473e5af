export type { EvidenceProvider } from "./evidence-provider.ts";
export { openSimulatedProvider, type SimulatedPlatform } from "./simulated.ts";
