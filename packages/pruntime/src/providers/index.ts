export { openVtpmProvider, TPM_DEVICE } from "./azure-vtpm.ts";
export type { AskChipKey } from "./chip-key.ts";
export { openConfigfsProvider, TSM_FOLDER } from "./configfs-tsm.ts";
export { openProvider, PROVIDERS, type ProviderOptions } from "./detect.ts";
export { type DeviceFiles, systemFiles } from "./device-files.ts";
export { DSTACK_SOCKETS, openDstackProvider } from "./dstack.ts";
export type { EvidenceProvider, RollbackCounters } from "./evidence-provider.ts";
export { GRAMINE_FOLDER, openGramineProvider } from "./gramine.ts";
export { openSimulatedProvider, type SimulatedPlatform } from "./simulated.ts";
