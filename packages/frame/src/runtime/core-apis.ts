/** Runtime APIs that every runtime has: version, execution, metadata, block building, validity. */
import {
  assert,
  bool,
  bytes,
  type Codec,
  fixedBytes,
  mapCodec,
  ok,
  option,
  struct,
  tuple,
  u32,
  unit,
  vec,
} from "@pha/scale";
import {
  InvalidTransaction,
  type TransactionSource as Source,
  TransactionSource,
  ValidTransaction,
} from "../extrinsic/validity.ts";
import type { MetadataVersion } from "../metadata/describe.ts";
import { METADATA_VERSIONS } from "../metadata/describe.ts";
import type { HasEnv } from "../pallet/env.ts";
import { h256 } from "../primitives.ts";
import { apiMethod, type RuntimeApiTable } from "./api.ts";
import type { Runtime } from "./define-runtime.ts";
import { BlockHeaderCodec } from "./header.ts";
import { opaqueExtrinsic } from "./placeholders.ts";
import { DispatchResult, resultCodec } from "./result-codec.ts";
import { RuntimeVersion } from "./version.ts";

const Block = struct(
  { header: BlockHeaderCodec, extrinsics: vec(opaqueExtrinsic) },
  { path: ["sp_runtime", "generic", "block", "Block"] },
);

/** Metadata as an opaque byte string. */
const OpaqueMetadata: Codec<Uint8Array> = mapCodec(
  struct({ 0: bytes }),
  (value) => value[0],
  (value) => ({ 0: value }),
);

const inherentIdentifier: Codec<string> = mapCodec(
  fixedBytes(8),
  (id) => String.fromCharCode(...id),
  (text) => Uint8Array.from(text, (char) => char.charCodeAt(0)),
);
const InherentDataCodec = mapCodec(
  struct(
    { data: vec(tuple(inherentIdentifier, bytes)) },
    { path: ["sp_inherents", "InherentData"] },
  ),
  ({ data }): ReadonlyMap<string, Uint8Array> => new Map(data),
  (data) => ({ data: [...data].map(([id, value]): [string, Uint8Array] => [id, value]) }),
);
const CheckInherentsResult = struct(
  { okay: bool, fatalError: bool, errors: InherentDataCodec },
  { path: ["sp_inherents", "CheckInherentsResult"] },
);

/** The parts of a runtime that its own APIs call. */
export type ApiHost = Pick<
  Runtime,
  | "version"
  | "metadata"
  | "initializeBlock"
  | "executeBlock"
  | "applyExtrinsic"
  | "finalizeBlock"
  | "inherentExtrinsics"
  | "checkInherents"
  | "validateTransaction"
>;

export function coreApis(host: () => ApiHost): RuntimeApiTable<HasEnv> {
  return {
    Core: {
      id: "df6acb689907609b",
      version: 4,
      docs: "Version and execution of blocks.",
      methods: {
        version: apiMethod(
          { docs: "Version of the runtime.", inputs: {}, output: RuntimeVersion },
          () => host().version,
        ),
        execute_block: apiMethod(
          {
            docs: "Executes a block; fails the call when it is invalid.",
            inputs: { block: Block },
            output: unit,
          },
          (ctx: HasEnv, { block }) => {
            const done = host().executeBlock(ctx.env.state, block.header, block.extrinsics);
            assert(done.ok, "a block given to execute_block is valid");
          },
        ),
        initialize_block: apiMethod(
          { docs: "Starts a block.", inputs: { header: BlockHeaderCodec }, output: unit },
          (ctx: HasEnv, { header }) => host().initializeBlock(ctx.env.state, header),
        ),
      },
    },
    Metadata: {
      id: "37e397fc7c91f5e4",
      version: 2,
      docs: "Description of the runtime.",
      methods: {
        metadata: apiMethod(
          { docs: "Metadata, version 14.", inputs: {}, output: OpaqueMetadata },
          () => host().metadata(14),
        ),
        metadata_at_version: apiMethod(
          {
            docs: "Metadata of a version, if there is one.",
            inputs: { version: u32 },
            output: option(OpaqueMetadata),
          },
          (_ctx: HasEnv, { version }) => {
            const known = METADATA_VERSIONS.find((one) => one === version);
            return known && host().metadata(known);
          },
        ),
        metadata_versions: apiMethod(
          { docs: "Versions of metadata there are.", inputs: {}, output: vec(u32) },
          (): readonly MetadataVersion[] => METADATA_VERSIONS,
        ),
      },
    },
    BlockBuilder: {
      id: "40fe3ad401f8959a",
      version: 6,
      docs: "Making of blocks.",
      methods: {
        apply_extrinsic: apiMethod(
          {
            docs: "Applies an extrinsic to the block.",
            inputs: { extrinsic: opaqueExtrinsic },
            output: resultCodec(DispatchResult, InvalidTransaction),
          },
          (ctx: HasEnv, { extrinsic }) => {
            const applied = host().applyExtrinsic(ctx.env.state, extrinsic);
            if (!applied.ok) return applied;
            const { error } = applied.value;
            const result: DispatchResult = error
              ? { ok: false, error }
              : { ok: true, value: undefined };
            return ok(result);
          },
        ),
        finalize_block: apiMethod(
          { docs: "Ends the block.", inputs: {}, output: BlockHeaderCodec },
          (ctx: HasEnv) => host().finalizeBlock(ctx.env.state),
        ),
        inherent_extrinsics: apiMethod(
          {
            docs: "Extrinsics that the author adds.",
            inputs: { inherent: InherentDataCodec },
            output: vec(opaqueExtrinsic),
          },
          (ctx: HasEnv, { inherent }) => host().inherentExtrinsics(ctx.env.state, inherent),
        ),
        check_inherents: apiMethod(
          {
            docs: "Checks the inherents of a block against our own data.",
            inputs: { block: Block, data: InherentDataCodec },
            output: CheckInherentsResult,
          },
          (ctx: HasEnv, { block, data }) => {
            const objections = host().checkInherents(ctx.env.state, block.extrinsics, data);
            const errors = new Map(
              objections.map(({ identifier }) => [identifier, Uint8Array.of(0)] as const),
            );
            return { okay: errors.size === 0, fatalError: errors.size > 0, errors };
          },
        ),
      },
    },
    TaggedTransactionQueue: {
      id: "d2bc9897eed08f15",
      version: 3,
      docs: "Validity of transactions in the pool.",
      methods: {
        validate_transaction: apiMethod(
          {
            docs: "Whether a transaction may be in the pool.",
            inputs: { source: TransactionSource, tx: opaqueExtrinsic, blockHash: h256 },
            output: resultCodec(ValidTransaction, InvalidTransaction),
          },
          (ctx: HasEnv, { source, tx, blockHash }) => {
            const from: Source = source.type;
            return host().validateTransaction(ctx.env.state, from, tx, blockHash);
          },
        ),
      },
    },
  };
}
