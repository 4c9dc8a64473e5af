/** A runtime in a realm as the node uses it: every method is an entry point of a runtime API, asked in bytes. */
import {
  BlockHeaderCodec,
  DispatchResult,
  InvalidTransaction,
  opaqueExtrinsic,
  RuntimeVersion,
  resultCodec,
  TransactionSource,
  ValidTransaction,
} from "@pha/frame";
import {
  bool,
  bytes,
  type Codec,
  concatBytes,
  decode,
  encode,
  fail,
  fixedBytes,
  ok,
  PhaError,
  type Result,
  struct,
  tuple,
  unit,
  utf8,
  utf8ToText,
  vec,
} from "@pha/scale";
import { createOverlay, type Overlay } from "@pha/state";
import type { InherentData, NodeRuntime } from "../node-runtime.ts";
import type { Realm } from "./load-transition.ts";

const Extrinsics = vec(opaqueExtrinsic);
const Data = vec(tuple(fixedBytes(8), bytes));
const Applied = resultCodec(DispatchResult, InvalidTransaction);
const Validity = resultCodec(ValidTransaction, InvalidTransaction);
const Checked = struct({ okay: bool, fatalError: bool, errors: Data });

const NOTHING = new Uint8Array(0);
const NO_HASH = new Uint8Array(32);

export function realmRuntime(realm: Realm): NodeRuntime {
  const ask = (
    overlay: Overlay,
    entry: string,
    args: Uint8Array,
  ): Result<Uint8Array, { readonly code: string }> => {
    const answer = realm.call(overlay, entry, args);
    return answer[0] === 0
      ? ok(answer.subarray(1))
      : fail({ code: utf8ToText(answer.subarray(1)) ?? "runtime/trapped" });
  };
  /** @throws PhaError when the runtime has no answer where every runtime has one */
  const read = <T>(
    codec: Codec<T>,
    overlay: Overlay,
    entry: string,
    args: Uint8Array = NOTHING,
  ): T => {
    const answer = ask(overlay, entry, args);
    const value = answer.ok ? decode(codec, answer.value) : answer;
    if (value.ok) return value.value;
    throw new PhaError("runtime/no-answer", `the chain's runtime does not answer ${entry}`, {
      facts: { entry, reason: value.error.code },
      hint: "this program and the chain's runtime do not fit; update the program",
    });
  };

  return {
    version: read(RuntimeVersion, createOverlay({ get: () => undefined }), "Core_version"),
    initializeBlock(overlay, header) {
      read(unit, overlay, "Core_initialize_block", encode(BlockHeaderCodec, header));
    },
    inherentExtrinsics: (overlay, data) =>
      read(Extrinsics, overlay, "BlockBuilder_inherent_extrinsics", dataOf(data)),
    checkInherents(overlay, extrinsics, data) {
      const header = {
        parentHash: NO_HASH,
        number: 0,
        stateRoot: NO_HASH,
        extrinsicsRoot: NO_HASH,
        digest: [],
      };
      const block = concatBytes(encode(BlockHeaderCodec, header), encode(Extrinsics, extrinsics));
      const args = concatBytes(block, dataOf(data));
      const { errors } = read(Checked, overlay, "BlockBuilder_check_inherents", args);
      return errors.map(([identifier]) => ({
        identifier: String.fromCharCode(...identifier),
        reason: "it does not agree with this node's own data",
      }));
    },
    applyExtrinsic: (overlay, extrinsic) =>
      read(Applied, overlay, "BlockBuilder_apply_extrinsic", extrinsic),
    finalizeBlock: (overlay) => read(BlockHeaderCodec, overlay, "BlockBuilder_finalize_block"),
    executeBlock(overlay, header, extrinsics) {
      const block = concatBytes(encode(BlockHeaderCodec, header), encode(Extrinsics, extrinsics));
      const done = ask(overlay, "Core_execute_block", block);
      return done.ok ? ok(header) : done;
    },
    validateTransaction(overlay, source, extrinsic, blockHash) {
      const from = encode(TransactionSource, { type: source, value: undefined });
      const args = concatBytes(from, extrinsic, blockHash);
      const answer = ask(overlay, "TaggedTransactionQueue_validate_transaction", args);
      // Bytes that are no length and as many bytes cannot even be asked about.
      if (!answer.ok) return fail(MALFORMED);
      const validity = decode(Validity, answer.value);
      return validity.ok ? validity.value : fail(MALFORMED);
    },
    runtimeApi: ask,
  };
}

const MALFORMED: InvalidTransaction = {
  type: "Invalid",
  value: { type: "Call", value: undefined },
};

function dataOf(data: InherentData): Uint8Array {
  return encode(
    Data,
    [...data].map(([identifier, value]): [Uint8Array, Uint8Array] => [utf8(identifier), value]),
  );
}
