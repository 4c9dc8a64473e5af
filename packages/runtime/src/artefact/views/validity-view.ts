/**
 * `TaggedTransactionQueue_validate_transaction` inside the Wasm: what the pool of a full node says.
 *
 * Judged here: form and call, signature over this chain, fork and version, mortality, nonce with its tags, weight,
 * length, fee and priority. Not judged, and never answered by a guess (the view traps): calls with rules of their own
 * (messages and registrations of pRuntimes), and calls whose weight is no formula.
 */
import {
  type AnyExtension,
  InvalidTransaction,
  invalid,
  MAX_EXTRINSIC_BYTES,
  type RuntimeVersion,
} from "@pha/frame";
import { assert, encode, u32 } from "@pha/scale";
import type { BlockLength, BlockWeights } from "../../system/index.ts";
import {
  type Code,
  choose,
  giveBack,
  i32,
  i64,
  seq,
  unreachable,
  type Variable,
  when,
} from "../wasm-code.ts";
import type { ModuleBuilder } from "../wasm-module.ts";
import type { AccountViews } from "./accounts.ts";
import { CLASSES } from "./call-walk.ts";
import type { Fees } from "./fee-views.ts";
import { type HostFunctions, spanCode, spanConst, spanPointer } from "./host-functions.ts";
import type { Memory } from "./memory.ts";
import { SCHEMES, type TransactionReader } from "./transaction-reader.ts";
import type { WasmReader } from "./wasm-reader.ts";
import type { WasmWriter } from "./wasm-writer.ts";

export interface ValidityViewParts {
  readonly module: ModuleBuilder;
  readonly host: HostFunctions;
  readonly memory: Memory;
  readonly reader: WasmReader;
  readonly writer: WasmWriter;
  readonly transaction: TransactionReader;
  readonly accounts: AccountViews;
  readonly fees: Fees;
  readonly extensions: readonly AnyExtension[];
  readonly version: RuntimeVersion;
  readonly blockWeights: BlockWeights;
  readonly blockLength: BlockLength;
  readonly operationalFeeMultiplier: number;
  /** Prefix of `System.BlockHash`. */
  readonly blockHashes: Uint8Array;
  /** Key of `System.Number`. */
  readonly numberKey: Uint8Array;
}

const HASH_BYTES = 32;
const ACCOUNT_BYTES = 32;
const MAX_U64 = (1n << 64n) - 1n;
const MAX_U32 = 0xffff_ffff;

export function addValidityView(parts: ValidityViewParts): void {
  const { module, host, memory, reader, writer, transaction, accounts, version } = parts;
  const { call } = transaction;
  const number = module.global("i32");
  const parentHash = module.global("i32");
  const genesisHash = module.global("i32");
  const birthHash = module.global("i32");
  const birth = module.global("i32");
  const entry = module.global("i32");
  const hasRequired = module.global("i32");
  const longevity = module.global("i64");
  const priority = module.global("i64");
  const fee = module.global("i64");

  const refuse = (why: InvalidTransaction): Code =>
    giveBack(spanConst(module.constant(Uint8Array.of(1, ...encode(InvalidTransaction, why)))));
  const unknown = (type: "CannotLookup" | "NoUnsignedValidator"): Code =>
    refuse({ type: "Unknown", value: { type, value: undefined } });

  const hashOf = blockHashes(parts, number, parentHash);
  const priorityOfFee = priorityOf(parts);

  const payload = module.declare({
    locals: { start: "i32", at: "i32" },
    result: "i64",
    body: ({ start, at }: Record<"start" | "at", Variable>) => {
      const put = (from: Code, length: Code): Code =>
        seq(memory.copy(at.get, from, length), at.set(i32.add(at.get, length)));
      const putConst = (bytes: Uint8Array): Code => {
        const { pointer, length } = module.constant(bytes);
        return put(i32.const(pointer), i32.const(length));
      };
      const additional = ({ name }: AnyExtension): Code => {
        switch (name) {
          case "CheckSpecVersion":
            return putConst(encode(u32, version.specVersion));
          case "CheckTxVersion":
            return putConst(encode(u32, version.transactionVersion));
          case "CheckGenesis":
            return put(genesisHash.get, i32.const(HASH_BYTES));
          case "CheckMortality":
            return put(birthHash.get, i32.const(HASH_BYTES));
          default:
            return [];
        }
      };
      const lengthOf = ({ from, to }: { from: Variable; to: Variable }): Code =>
        i32.sub(to.get, from.get);
      const { callBytes, extra } = transaction;
      const added = parts.extensions.reduce((sum, one) => sum + one.additional.minBytes, 0);
      return seq(
        start.set(
          host.malloc(i32.add(i32.add(lengthOf(callBytes), lengthOf(extra)), i32.const(added))),
        ),
        at.set(start.get),
        put(callBytes.from.get, lengthOf(callBytes)),
        put(extra.from.get, lengthOf(extra)),
        ...parts.extensions.map(additional),
        when(
          i32.gt(i32.sub(at.get, start.get), i32.const(256)),
          giveBack(
            spanCode(
              host.blake2b256(spanCode(start.get, i32.sub(at.get, start.get))),
              i32.const(HASH_BYTES),
            ),
          ),
        ),
        spanCode(start.get, i32.sub(at.get, start.get)),
      );
    },
  });

  const isSignedBySigner = module.declare({
    locals: { message: "i64", result: "i32" },
    result: "i32",
    body: ({ message, result }: Record<"message" | "result", Variable>) => {
      const { scheme, signature, signer } = transaction;
      return seq(
        message.set(payload()),
        when(
          i32.eq(scheme.get, i32.const(SCHEMES.ed25519)),
          giveBack(host.ed25519Verify(signature.get, message.get, signer.get)),
        ),
        when(
          i32.ne(scheme.get, i32.const(SCHEMES.ecdsa)),
          giveBack(host.sr25519Verify(signature.get, message.get, signer.get)),
        ),
        result.set(spanPointer(host.ecdsaRecover(signature.get, host.blake2b256(message.get)))),
        when(i32.load8(result.get), giveBack(i32.const(0))),
        memory.isEqual(
          host.blake2b256(spanCode(i32.add(result.get, i32.const(1)), i32.const(33))),
          signer.get,
          i32.const(ACCOUNT_BYTES),
        ),
      );
    },
  });

  /** Statement: what an extension has against the transaction, or adds to its validity. */
  const validation = ({ name }: AnyExtension): Code => {
    switch (name) {
      case "CheckNonZeroSender":
        return when(
          memory.isZero(transaction.signer.get, i32.const(ACCOUNT_BYTES)),
          refuse(invalid("BadSigner")),
        );
      case "CheckMortality":
        return when(
          transaction.period.get,
          longevity.set(
            i64.extend(i32.sub(i32.add(birth.get, transaction.period.get), number.get)),
          ),
        );
      case "CheckNonce":
        return nonceRules();
      case "CheckWeight":
        return weightRules(parts, refuse(invalid("ExhaustsResources")));
      case "CheckMqSequence":
        return when(call.isRuled.get, unreachable);
      case "ChargeTransactionPayment":
        return paymentRules();
      default:
        assert(
          ["CheckSpecVersion", "CheckTxVersion", "CheckGenesis"].includes(name),
          `the views know the signed extension ${name}`,
        );
        return [];
    }
  };

  const nonceRules = (): Code => {
    const { nonce, signer } = transaction;
    return seq(
      entry.set(accounts.entryOf(signer.get)),
      when(i32.isZero(entry.get), refuse(invalid("Payment"))),
      when(accounts.isGone(entry.get), refuse(invalid("Payment"))),
      when(
        i32.or(i32.lt(nonce.get, accounts.nonce(entry.get)), i32.eq(nonce.get, i32.const(MAX_U32))),
        refuse(invalid("Stale")),
      ),
      hasRequired.set(i32.gt(nonce.get, accounts.nonce(entry.get))),
    );
  };

  const paymentRules = (): Code => {
    const { length, tipLow, tipHigh } = transaction;
    const low = i64.add(fee.get, tipLow.get);
    const carry = i64.extend(i64.lt(low, fee.get));
    const high = i64.add(tipHigh.get, carry);
    return seq(
      fee.set(i64.const(0n)),
      when(
        call.paysFee.get,
        fee.set(
          i64.add(
            parts.fees.base,
            i64.add(parts.fees.ofLength(length.get), parts.fees.ofTime(call.refTime.get)),
          ),
        ),
      ),
      // A sum of more than 128 bits is more than anybody has.
      when(i64.lt(high, tipHigh.get), refuse(invalid("Payment"))),
      when(accounts.isBeyond(entry.get, { low, high }), refuse(invalid("Payment"))),
      priority.set(priorityOfFee(fee.get)),
    );
  };
  const tag = (nonce: Code): Code =>
    seq(
      writer.compact(i64.const(1n)),
      writer.compact(i64.const(BigInt(ACCOUNT_BYTES + 4))),
      writer.bytes(transaction.signer.get, i32.const(ACCOUNT_BYTES)),
      writer.u32(nonce),
    );

  module.entry(
    "TaggedTransactionQueue_validate_transaction",
    ({ pointer, length, local }) => {
      const from = local("from");
      const size = local("size");
      return seq(
        reader.start(pointer, length),
        // The source is one of three.
        when(i32.gt(reader.u8, i32.const(2)), unreachable),
        from.set(reader.at.get),
        reader.skip(reader.compact),
        size.set(i32.sub(reader.at.get, from.get)),
        parentHash.set(reader.take(i32.const(HASH_BYTES))),
        when(i32.isZero(reader.isDone), unreachable),
        when(i32.isZero(transaction.read(from.get, size.get)), refuse(invalid("Call"))),
        when(i32.isZero(transaction.isSigned.get), unknown("NoUnsignedValidator")),
        when(
          i32.eq(call.dispatchClass.get, i32.const(CLASSES.indexOf("Mandatory"))),
          refuse(invalid("MandatoryValidation")),
        ),
        when(i32.isZero(transaction.signer.get), unknown("CannotLookup")),
        number.set(i32.add(lastNumber(parts), i32.const(1))),
        genesisHash.set(hashOf(i32.const(0))),
        birth.set(birthOf(transaction, number)),
        birthHash.set(hashOf(birth.get)),
        when(
          i32.or(i32.isZero(genesisHash.get), i32.isZero(birthHash.get)),
          refuse(invalid("AncientBirthBlock")),
        ),
        when(i32.isZero(isSignedBySigner()), refuse(invalid("BadProof"))),
        longevity.set(i64.const(MAX_U64)),
        priority.set(i64.const(0n)),
        ...parts.extensions.map(validation),
        writer.start,
        writer.byte(i32.const(0)),
        writer.u64(priority.get),
        when(
          hasRequired.get,
          tag(i32.sub(transaction.nonce.get, i32.const(1))),
          writer.byte(i32.const(0)),
        ),
        tag(transaction.nonce.get),
        writer.u64(longevity.get),
        writer.byte(i32.const(1)),
        writer.answer,
      );
    },
    { from: "i32", size: "i32" },
  );
}

/** Expression: number of the last block. */
function lastNumber({ module, memory, numberKey }: ValidityViewParts): Code {
  const found = module.global("i32");
  const zero = module.constant(new Uint8Array(4));
  return i32.load(
    seq(
      found.set(spanPointer(memory.stored(spanConst(module.constant(numberKey))))),
      when(i32.isZero(found.get), found.set(i32.const(zero.pointer))),
      found.get,
    ),
  );
}

/** Expression: first block of the era, 0 when immortal. */
function birthOf({ period, phase }: TransactionReader, number: Variable): Code {
  const whole = i32.mul(i32.div(i32.sub(number.get, phase.get), period.get), period.get);
  return choose(
    "i32",
    period.get,
    // Before the first era of this phase it is the phase itself.
    choose("i32", i32.gt(phase.get, number.get), phase.get, i32.add(whole, phase.get)),
    i32.const(0),
  );
}

/** Number (i32) → pointer of the block's hash, 0 when it is not kept. */
function blockHashes(
  { module, host, memory, blockHashes: prefix }: ValidityViewParts,
  number: Variable,
  parentHash: Variable,
) {
  const key = module.scratch(prefix.length + 12);
  const at = (offset: number): Code => i32.const(key + prefix.length + offset);
  const prefixAt = module.constant(prefix);
  return module.declare({
    params: { wanted: "i32" },
    result: "i32",
    body: ({ wanted }: Record<"wanted", Variable>) =>
      seq(
        when(i32.eq(i32.add(wanted.get, i32.const(1)), number.get), giveBack(parentHash.get)),
        when(i32.ge(wanted.get, number.get), giveBack(i32.const(0))),
        memory.copy(i32.const(key), i32.const(prefixAt.pointer), i32.const(prefix.length)),
        i32.store(at(8), wanted.get),
        memory.copy(at(0), host.twox64(spanCode(at(8), i32.const(4))), i32.const(8)),
        spanPointer(memory.stored(spanConst({ pointer: key, length: prefix.length + 12 }))),
      ),
  });
}

/** Statement: whether it fits an empty block, by class. */
function weightRules(parts: ValidityViewParts, refused: Code): Code {
  const { transaction, blockWeights, blockLength } = parts;
  const { call, length } = transaction;
  const of = (dispatchClass: "normal" | "operational"): Code => {
    const limit = blockWeights.perClass[dispatchClass].maxExtrinsic;
    const longest = Math.min(MAX_EXTRINSIC_BYTES, blockLength.max[dispatchClass]);
    return seq(
      when(i32.gt(length.get, i32.const(longest)), refused),
      limit
        ? when(
            i32.or(
              i64.gt(call.refTime.get, i64.const(limit.refTime)),
              i64.gt(call.proofSize.get, i64.const(limit.proofSize)),
            ),
            refused,
          )
        : [],
    );
  };
  return seq(
    when(i32.isZero(call.isKnown.get), unreachable),
    when(call.dispatchClass.get, of("operational"), of("normal")),
  );
}

/** Tip, and the fee of operational calls, times as many such transactions as fit into a block. */
function priorityOf(parts: ValidityViewParts) {
  const { module, transaction, blockWeights, blockLength } = parts;
  const { call, length, tipLow, tipHigh } = transaction;
  const isOperational = call.dispatchClass.get;
  const timeOf = (dispatchClass: "normal" | "operational"): bigint =>
    blockWeights.perClass[dispatchClass].maxTotal?.refTime ?? blockWeights.maxBlock.refTime;
  const most = i64.const(MAX_U64);
  return module.declare({
    params: { fee: "i64" },
    locals: { time: "i64", perBlock: "i64", byLength: "i64", worth: "i64" },
    result: "i64",
    body: ({
      fee,
      time,
      perBlock,
      byLength,
      worth,
    }: Record<"fee" | "time" | "perBlock" | "byLength" | "worth", Variable>) => {
      const counts = (dispatchClass: "normal" | "operational"): Code => {
        const longest = BigInt(blockLength.max[dispatchClass]);
        const most = i64.const(timeOf(dispatchClass));
        return seq(
          time.set(call.refTime.get),
          when(i64.isZero(time.get), time.set(i64.const(1n))),
          when(i64.gt(time.get, most), time.set(most)),
          perBlock.set(i64.div(most, time.get)),
          byLength.set(i64.div(i64.const(longest), i64.extend(length.get))),
        );
      };
      return seq(
        when(isOperational, counts("operational"), counts("normal")),
        when(i64.lt(byLength.get, perBlock.get), perBlock.set(byLength.get)),
        when(i64.isZero(perBlock.get), perBlock.set(i64.const(1n))),
        when(i64.ne(tipHigh.get, i64.const(0n)), giveBack(most)),
        worth.set(i64.add(tipLow.get, i64.const(1n))),
        when(i64.isZero(worth.get), giveBack(most)),
        when(
          isOperational,
          seq(
            fee.set(i64.add(fee.get, tipLow.get)),
            when(i64.lt(fee.get, tipLow.get), giveBack(most)),
            when(
              i64.gt(fee.get, i64.const(MAX_U64 / BigInt(parts.operationalFeeMultiplier))),
              giveBack(most),
            ),
            fee.set(i64.mul(fee.get, i64.const(BigInt(parts.operationalFeeMultiplier)))),
            worth.set(i64.add(worth.get, fee.get)),
            when(i64.lt(worth.get, fee.get), giveBack(most)),
          ),
        ),
        when(i64.gt(worth.get, i64.div(most, perBlock.get)), giveBack(most)),
        i64.mul(perBlock.get, worth.get),
      );
    },
  });
}
