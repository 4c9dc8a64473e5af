export type { Call, CallBuilder, CallDeclaration } from "./dispatch/call.ts";
export {
  ArithmeticError,
  arithmeticError,
  BAD_ORIGIN,
  CANNOT_LOOKUP,
  DispatchError,
  EXHAUSTED,
  ensure,
  ModuleError,
  refuse,
  TokenError,
  TransactionalError,
  tokenError,
} from "./dispatch/dispatch-error.ts";
export {
  anyOf,
  NONE,
  none,
  type Origin,
  type OriginRule,
  ROOT,
  root,
  signed,
  signedBy,
} from "./dispatch/origin.ts";
export {
  addWeights,
  type DispatchClass,
  DispatchClassCodec,
  type DispatchInfo,
  DispatchInfoCodec,
  leastWeight,
  linearWeight,
  type Measurement,
  NO_WEIGHT,
  PaysCodec,
  type PostDispatch,
  scaleWeight,
  Weight,
  type WeightTable,
  weight,
  weightTable,
} from "./dispatch/weight.ts";
export type { WeightFormula } from "./dispatch/weight-formula.ts";
export { renderPalletDocs } from "./docs.ts";
export { Era, eraBirth, eraDeath, IMMORTAL, mortalEra } from "./extrinsic/era.ts";
export {
  type AnyExtension,
  type ExtensionInput,
  NO_OBJECTION,
  type SignedExtension,
  signedExtension,
  type ValidityPart,
} from "./extrinsic/extension.ts";
export {
  decodeExtrinsic,
  EXTRINSIC_VERSION,
  type Extrinsic,
  type ExtrinsicError,
  type ExtrinsicFormat,
  encodeExtra,
  encodeExtrinsic,
  MAX_EXTRINSIC_BYTES,
  type SignatureParts,
  signedPayload,
} from "./extrinsic/extrinsic.ts";
export { accountOf, addressOf, MultiAddress } from "./extrinsic/multi-address.ts";
export { MultiSignature, verifySignature } from "./extrinsic/multi-signature.ts";
export type { SignatureVerifier } from "./extrinsic/signature-cache.ts";
export {
  type InvalidReason,
  InvalidTransaction,
  invalid,
  TransactionSource,
  ValidTransaction,
} from "./extrinsic/validity.ts";
export { type MemoryOverlay, memoryOverlay } from "./memory-overlay.ts";
export { describeRuntime, METADATA_VERSIONS, type MetadataVersion } from "./metadata/describe.ts";
export type { Overlay } from "./overlay.ts";
export {
  type ConfigOf,
  type Constant,
  configOf,
  constant,
  type ErrorDeclaration,
  type EventDeclaration,
  error,
  event,
} from "./pallet/declare.ts";
export type { BlockContext, DispatchOutcome, Env, HasEnv } from "./pallet/env.ts";
export {
  type AnyPallet,
  at,
  type Context,
  type ContextOf,
  definePallet,
  type Hooks,
  type Implementation,
  type Inherent,
  type Installed,
  type Pallet,
  type PalletDeclaration,
  type UnsignedRule,
} from "./pallet/pallet.ts";
export { type AccountId, accountId, h256 } from "./primitives.ts";
export { type ApiMethod, apiMethod, type RuntimeApi } from "./runtime/api.ts";
export type { RuntimeApiError } from "./runtime/call-api.ts";
export { MAX_CALL_DEPTH } from "./runtime/call-codec.ts";
export { defineRuntime, type Runtime, type RuntimeOptions } from "./runtime/define-runtime.ts";
export { encodeCall } from "./runtime/encode-call.ts";
export type { EventRecord, RuntimeEvent } from "./runtime/event-codec.ts";
export type { ApplyOutcome, BlockError, Executive } from "./runtime/executive.ts";
export { type BlockHeader, BlockHeaderCodec, Digest, DigestLog } from "./runtime/header.ts";
export type { InherentData, InherentObjection } from "./runtime/inherents.ts";
export { opaqueExtrinsic, runtimeEvents } from "./runtime/placeholders.ts";
export { DispatchResult, resultCodec } from "./runtime/result-codec.ts";
export type { BlockSummary, SystemPort } from "./runtime/system-port.ts";
export type { CallEntry, RuntimeTables } from "./runtime/tables.ts";
export type { AnyInstalled, GenesisOf, StorageOf, Tx } from "./runtime/types.ts";
export { RuntimeVersion } from "./runtime/version.ts";
export { doubleMap, nMap } from "./storage/double-map.ts";
export {
  blake2_128,
  blake2_128Concat,
  blake2_256,
  type Hasher,
  identity,
  twox_128,
  twox_256,
  twox64Concat,
} from "./storage/hashers.ts";
export {
  type DoubleMapAccess,
  type MapAccess,
  type NMapAccess,
  type StorageItem,
  type ValueAccess,
  value,
} from "./storage/item.ts";
export { map } from "./storage/map.ts";
