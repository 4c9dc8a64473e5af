export { codecFromAbi } from "./abi/abi-codec.ts";
export { type AbiPrimitive, type AbiType, abiTypeOf, isAbiType } from "./abi/abi-type.ts";
export { type AbiValueError, abiValueToJson, parseAbiValue } from "./abi/abi-value.ts";
export { readStateEntry, type StateEntryError, type StateEntryText } from "./abi/state-entry.ts";
export {
  type AbiCell,
  type AbiEntry,
  ARTEFACT_FORMAT,
  type Artefact,
  type ArtefactError,
  entryCodecsOf,
  MAX_ARTEFACT_BYTES,
  readArtefact,
  validateArtefact,
} from "./artefact.ts";
export type { BlockContext, CommandContext, QueryContext } from "./context.ts";
export {
  type AnyEntry,
  type ArgsOf,
  type Command,
  type Contract,
  type ContractOptions,
  defineContract,
  type Entries,
  type EntryBuilders,
  type Init,
  type Query,
  type ResultOf,
} from "./define-contract.ts";
export { ContractFailure, ensure } from "./failure.ts";
export { combine, type OrSecret, Secret } from "./secret.ts";
export type {
  ReadableMap,
  ReadableSet,
  ReadableState,
  StateEntry,
  WritableMap,
  WritableSet,
  WritableState,
} from "./state/cells.ts";
export {
  publicValue,
  type StateLayout,
  secretMap,
  secretSet,
  secretValue,
} from "./state/declare.ts";
export { text } from "./text.ts";
