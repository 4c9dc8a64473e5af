/** Fees inside the Wasm: `TransactionPaymentApi`, by the formulas of `transaction-payment/fees.ts`. */
import { assert } from "@pha/scale";
import type { FeeRates } from "../../transaction-payment/index.ts";
import { weightFee } from "../../transaction-payment/index.ts";
import {
  type Code,
  choose,
  i32,
  i64,
  seq,
  unreachable,
  type Variable,
  when,
} from "../wasm-code.ts";
import type { Callable, ModuleBuilder } from "../wasm-module.ts";
import type { TransactionReader } from "./transaction-reader.ts";
import type { WasmReader } from "./wasm-reader.ts";
import type { WasmWriter } from "./wasm-writer.ts";

const PICOSECONDS = 1_000_000n;
const MAX_RATE = 1_000_000n;

export interface Fees {
  /** Reference time → fee. */
  readonly ofTime: Callable;
  /** Length in bytes (i32) → fee. */
  readonly ofLength: (length: Code) => Code;
  readonly base: Code;
}

export function fees(module: ModuleBuilder, rates: FeeRates): Fees {
  const { perByte, perMicrosecond, baseExtrinsic } = rates;
  // With these, no product below leaves 64 bits: times are below 2^63, lengths below 2^32.
  assert(
    perByte < 1n << 31n && perMicrosecond <= MAX_RATE,
    "rates fit the arithmetic of the views",
  );
  const ofTime = module.declare({
    params: { time: "i64" },
    result: "i64",
    body: ({ time }: Record<"time", Variable>) =>
      // ⌈time · rate / 10⁶⌉, whole microseconds and the rest apart.
      i64.add(
        i64.mul(i64.div(time.get, i64.const(PICOSECONDS)), i64.const(perMicrosecond)),
        i64.div(
          i64.add(
            i64.mul(i64.rem(time.get, i64.const(PICOSECONDS)), i64.const(perMicrosecond)),
            i64.const(PICOSECONDS - 1n),
          ),
          i64.const(PICOSECONDS),
        ),
      ),
  });
  return {
    ofTime,
    ofLength: (length) => i64.mul(i64.extend(length), i64.const(perByte)),
    base: i64.const(weightFee(rates, baseExtrinsic)),
  };
}

interface FeeViewParts {
  readonly module: ModuleBuilder;
  readonly reader: WasmReader;
  readonly writer: WasmWriter;
  readonly transaction: TransactionReader;
  readonly fees: Fees;
}

export function addFeeViews({
  module,
  reader,
  writer,
  transaction,
  fees: fee,
}: FeeViewParts): void {
  const { call } = transaction;
  const extrinsic = module.global("i32");
  const size = module.global("i32");
  const given = module.global("i32");
  const isRead = module.global("i32");

  /** Statement: reads the arguments `uxt` and `len`, and the extrinsic in them. */
  const readQuery = (pointer: Code, length: Code): Code =>
    seq(
      reader.start(pointer, length),
      extrinsic.set(pointer),
      reader.skip(reader.compact),
      size.set(i32.sub(reader.at.get, extrinsic.get)),
      given.set(reader.u32),
      when(i32.isZero(reader.isDone), unreachable),
      isRead.set(transaction.read(extrinsic.get, size.get)),
      // A weight that is no formula is not guessed.
      when(i32.and(isRead.get, i32.isZero(call.isKnown.get)), unreachable),
    );
  const pays = i32.and(i32.and(isRead.get, transaction.isSigned.get), call.paysFee.get);
  const sum = i64.add(fee.base, i64.add(fee.ofLength(given.get), fee.ofTime(call.refTime.get)));

  module.entry("TransactionPaymentApi_query_info", ({ pointer, length }) =>
    seq(
      readQuery(pointer, length),
      writer.start,
      when(
        isRead.get,
        seq(
          writer.compact(call.refTime.get),
          writer.compact(call.proofSize.get),
          writer.byte(call.dispatchClass.get),
        ),
        // What cannot be read is never included: no weight, class Normal.
        seq(
          writer.compact(i64.const(0n)),
          writer.compact(i64.const(0n)),
          writer.byte(i32.const(0)),
        ),
      ),
      writer.u128(choose("i64", pays, sum, i64.const(0n))),
      writer.answer,
    ),
  );

  module.entry("TransactionPaymentApi_query_fee_details", ({ pointer, length }) =>
    seq(
      readQuery(pointer, length),
      writer.start,
      writer.byte(pays),
      when(
        pays,
        seq(
          writer.u128(fee.base),
          writer.u128(fee.ofLength(given.get)),
          writer.u128(fee.ofTime(call.refTime.get)),
        ),
      ),
      writer.answer,
    ),
  );

  module.entry(
    "TransactionPaymentApi_query_weight_to_fee",
    ({ pointer, length, local }) =>
      seq(
        reader.start(pointer, length),
        reader.compactBig(8),
        local("time").set(reader.low.get),
        reader.compactBig(8),
        when(i32.isZero(reader.isDone), unreachable),
        when(i64.ge(local("time").get, i64.const(1n << 63n)), unreachable),
        writer.start,
        writer.u128(fee.ofTime(local("time").get)),
        writer.answer,
      ),
    { time: "i64" },
  );

  module.entry("TransactionPaymentApi_query_length_to_fee", ({ pointer, length }) =>
    seq(
      reader.start(pointer, length),
      given.set(reader.u32),
      when(i32.isZero(reader.isDone), unreachable),
      writer.start,
      writer.u128(fee.ofLength(given.get)),
      writer.answer,
    ),
  );
}
