export type { PhalaMqConfig } from "./declaration.ts";
export { messageQueue, PhalaMq, palletOrigin } from "./pallet.ts";
export { bootTag, mqSequenceRule, sequenceTag } from "./sequence-rule.ts";
export type { BootDirectory, MessageHandler, MessageQueue, WorkerMessage } from "./types.ts";
