/**
 * The Wasm at `:code`: what light clients and Substrate's tools ask a runtime, generated from its declarations.
 *
 * Most answers are constants, or lie in state as they are given; accounts, fees and the validity of transactions are
 * computed. Execution of blocks is not here: the same module names, in a section of its own, the bundled state
 * transition that nodes run.
 *
 * **Not here**: `Core_execute_block` and `BlockBuilder_*`, which light clients never call, and `SessionKeys_*`.
 */
import {
  type AnyExtension,
  METADATA_VERSIONS,
  type MetadataVersion,
  memoryOverlay,
  type Runtime,
  RuntimeVersion,
} from "@pha/frame";
import { bytes, concatBytes, encode, option, u8, u32, u64, vec } from "@pha/scale";
import { Babe } from "../babe/index.ts";
import { Balances } from "../balances/index.ts";
import { Grandpa } from "../grandpa/index.ts";
import { System } from "../system/index.ts";
import { TransactionPayment } from "../transaction-payment/index.ts";
import { accountViews } from "./views/accounts.ts";
import { addFeeViews, fees } from "./views/fee-views.ts";
import { hostFunctions } from "./views/host-functions.ts";
import { memory as memoryOf } from "./views/memory.ts";
import { type AnswerPart, addByVersion, addStoredAnswer } from "./views/stored-answers.ts";
import { transactionReader } from "./views/transaction-reader.ts";
import { addValidityView } from "./views/validity-view.ts";
import { wasmReader } from "./views/wasm-reader.ts";
import { wasmWriter } from "./views/wasm-writer.ts";
import { moduleBuilder } from "./wasm-module.ts";

/** Calls whose validity depends on more than signature, nonce, weight and fee: see `phaSequenceRule`. */
export const RULED_CALLS: ReadonlySet<string> = new Set([
  "PhalaMq.sync_offchain_message",
  "PhalaRegistry.register_worker_v2",
]);

/** A runtime whose views can be generated. */
export type ViewedRuntime = Pick<Runtime, "version" | "tables" | "format" | "metadata" | "env">;

/** @returns the module, the same for the same declarations */
export function runtimeCode(
  runtime: ViewedRuntime,
  customSections: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const { version, tables } = runtime;
  const extensions: readonly AnyExtension[] = runtime.format.extensions;
  const env = runtime.env(memoryOverlay());
  const system = env.of(System);
  const payment = env.of(TransactionPayment);

  const module = moduleBuilder();
  const host = hostFunctions(module);
  const memory = memoryOf(module, host);
  const reader = wasmReader(module);
  const writer = wasmWriter(module, memory);
  const transaction = transactionReader(module, reader, tables, extensions, RULED_CALLS);
  const fee = fees(module, payment.config.rates);

  const optionalBytes = option(bytes);
  const placed = (one: MetadataVersion) =>
    module.constant(encode(optionalBytes, runtime.metadata(one)));
  const first = placed(14);
  for (const [name, parts] of Object.entries(storedAnswers(runtime)))
    addStoredAnswer(module, host, memory, name, parts);
  addStoredAnswer(module, host, memory, "Metadata_metadata", [
    // Without the byte of the option.
    { type: "placed", span: { pointer: first.pointer + 1, length: first.length - 1 } },
  ]);
  addByVersion(
    module,
    "Metadata_metadata_at_version",
    METADATA_VERSIONS.map((one) => [one, placed(one)] as const),
  );
  const accounts = accountViews(
    module,
    host,
    memory,
    system.storage.Account.prefix,
    env.of(Balances).constants.ExistentialDeposit,
  );
  addFeeViews({ module, reader, writer, transaction, fees: fee });
  addValidityView({
    module,
    host,
    memory,
    reader,
    writer,
    transaction,
    accounts,
    fees: fee,
    extensions,
    version,
    blockWeights: system.constants.BlockWeights,
    blockLength: system.constants.BlockLength,
    operationalFeeMultiplier: payment.constants.OperationalFeeMultiplier,
    blockHashes: system.storage.BlockHash.prefix,
    numberKey: system.storage.Number.key,
  });
  return module.finish({
    runtime_version: encode(RuntimeVersion, { ...version, apis: [] }),
    runtime_apis: concatBytes(
      ...version.apis.map(([id, number]) => concatBytes(id, encode(u32, number))),
    ),
    ...customSections,
  });
}

/** Where the parts of an encoded epoch are: index and start slot, 8 bytes each. */
const START_SLOT: readonly [number, number] = [8, 16];

/** Entry points without arguments. */
function storedAnswers(runtime: ViewedRuntime): Readonly<Record<string, readonly AnswerPart[]>> {
  const env = runtime.env(memoryOverlay());
  const babe = env.of(Babe);
  const { slotDurationMs, epochLength, epochConfig } = babe.config;
  const grandpa = env.of(Grandpa).storage;
  const constant = (value: Uint8Array): AnswerPart => ({ type: "constant", bytes: value });
  const stored = (key: Uint8Array, fallback?: Uint8Array): AnswerPart =>
    fallback ? { type: "stored", key, fallback } : { type: "stored", key };
  const none = encode(option(u8), undefined);
  return {
    Core_version: [constant(encode(RuntimeVersion, runtime.version))],
    Metadata_metadata_versions: [constant(encode(vec(u32), METADATA_VERSIONS))],
    BabeApi_configuration: [
      constant(
        concatBytes(
          encode(u64, slotDurationMs),
          encode(u64, epochLength),
          encode(u64, epochConfig.c[0]),
          encode(u64, epochConfig.c[1]),
        ),
      ),
      stored(babe.storage.Authorities.key, none),
      stored(babe.storage.Randomness.key, new Uint8Array(32)),
      constant(encode(u8, epochConfig.allowedSlots)),
    ],
    BabeApi_current_epoch: [stored(babe.storage.CurrentEpoch.key)],
    BabeApi_current_epoch_start: [
      { type: "stored", key: babe.storage.CurrentEpoch.key, slice: START_SLOT },
    ],
    BabeApi_next_epoch: [stored(babe.storage.NextEpoch.key)],
    GrandpaApi_grandpa_authorities: [stored(grandpa.Authorities.key, none)],
    GrandpaApi_current_set_id: [stored(grandpa.CurrentSetId.key, new Uint8Array(8))],
  };
}
