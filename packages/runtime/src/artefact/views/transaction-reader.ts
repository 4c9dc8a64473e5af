/**
 * Takes an extrinsic apart inside the Wasm: who signed what, how, with which extra.
 *
 * The parts stay in globals until the next extrinsic is read.
 */
import {
  type AnyExtension,
  EXTRINSIC_VERSION,
  MAX_EXTRINSIC_BYTES,
  MultiAddress,
  type RuntimeTables,
} from "@pha/frame";
import { type Code, giveBack, i32, seq, type Variable, when } from "../wasm-code.ts";
import type { Callable, ModuleBuilder } from "../wasm-module.ts";
import { type CallWalk, callWalk } from "./call-walk.ts";
import type { WasmReader } from "./wasm-reader.ts";

export interface TransactionReader {
  readonly call: CallWalk;
  /** (pointer to the extrinsic's length prefix, length with it) → 1 when it can be read. */
  readonly read: Callable;
  readonly isSigned: Variable;
  /** Pointer to the account; 0 when the address leads to none. */
  readonly signer: Variable;
  /** 0 Ed25519, 1 Sr25519, 2 ECDSA. */
  readonly scheme: Variable;
  readonly signature: Variable;
  readonly extra: Span;
  readonly callBytes: Span;
  /** With the prefix. */
  readonly length: Variable;
  readonly nonce: Variable;
  /** Of the era: 0 when immortal. */
  readonly period: Variable;
  readonly phase: Variable;
  readonly tipLow: Variable;
  readonly tipHigh: Variable;
}

interface Span {
  readonly from: Variable;
  readonly to: Variable;
}

const ED25519 = 0;
const ECDSA = 2;
/** Variants of a multi-address that are an account. */
const ID = 0;
const ADDRESS_32 = 3;

export function transactionReader(
  module: ModuleBuilder,
  reader: WasmReader,
  tables: RuntimeTables,
  extensions: readonly AnyExtension[],
  ruled: ReadonlySet<string>,
): TransactionReader {
  const i32Global = () => module.global("i32");
  const call = callWalk(module, reader, tables, ruled);
  const [isSigned, signer, scheme, signature, length, nonce, period, phase] = [
    i32Global(),
    i32Global(),
    i32Global(),
    i32Global(),
    i32Global(),
    i32Global(),
    i32Global(),
    i32Global(),
  ];
  const extra = { from: i32Global(), to: i32Global() };
  const callBytes = { from: i32Global(), to: i32Global() };
  const tipLow = module.global("i64");
  const tipHigh = module.global("i64");

  const readEra = module.declare({
    locals: { first: "i32", encoded: "i32", step: "i32" },
    body: ({ first, encoded, step }: Record<"first" | "encoded" | "step", Variable>) =>
      seq(
        period.set(i32.const(0)),
        first.set(reader.u8),
        when(
          first.get,
          seq(
            encoded.set(i32.or(first.get, i32.shl(reader.u8, i32.const(8)))),
            period.set(i32.shl(i32.const(2), i32.and(encoded.get, i32.const(15)))),
            step.set(i32.shr(period.get, i32.const(12))),
            when(i32.isZero(step.get), step.set(i32.const(1))),
            phase.set(i32.mul(i32.shr(encoded.get, i32.const(4)), step.get)),
            when(i32.lt(period.get, i32.const(4)), reader.fail),
            when(i32.ge(phase.get, period.get), reader.fail),
          ),
        ),
      ),
  });

  /** Statement: passes the extra of one extension and notes what is asked for later. */
  const readExtra = ({ name, extra: codec }: AnyExtension): Code => {
    switch (name) {
      case "CheckMortality":
        return readEra();
      case "CheckNonce":
        return nonce.set(reader.compact);
      case "ChargeTransactionPayment":
        return seq(reader.compactBig(16), tipLow.set(reader.low.get), tipHigh.set(reader.high.get));
      default:
        return call.value(codec.shape);
    }
  };

  const readAddress = seq(
    signer.set(i32.add(reader.at.get, i32.const(1))),
    // The byte at the cursor may be past the end; then reading the address fails.
    scheme.set(i32.load8(reader.at.get)),
    when(
      i32.and(i32.ne(scheme.get, i32.const(ID)), i32.ne(scheme.get, i32.const(ADDRESS_32))),
      signer.set(i32.const(0)),
    ),
    call.value(MultiAddress.shape),
  );
  const readSignature = seq(
    scheme.set(reader.u8),
    when(i32.gt(scheme.get, i32.const(ECDSA)), reader.fail),
    signature.set(reader.take(i32.add(i32.const(64), i32.eq(scheme.get, i32.const(ECDSA))))),
  );

  const read = module.declare({
    params: { pointer: "i32", size: "i32" },
    locals: { version: "i32" },
    result: "i32",
    body: ({ pointer, size, version }: Record<"pointer" | "size" | "version", Variable>) =>
      seq(
        length.set(size.get),
        call.reset,
        isSigned.set(i32.const(0)),
        when(i32.gt(size.get, i32.const(MAX_EXTRINSIC_BYTES)), giveBack(i32.const(0))),
        reader.start(pointer.get, size.get),
        when(i32.ne(reader.compact, i32.sub(reader.end.get, reader.at.get)), reader.fail),
        version.set(reader.u8),
        when(
          i32.ne(i32.and(version.get, i32.const(0x7f)), i32.const(EXTRINSIC_VERSION)),
          giveBack(i32.const(0)),
        ),
        isSigned.set(i32.shr(version.get, i32.const(7))),
        when(
          isSigned.get,
          seq(
            readAddress,
            readSignature,
            extra.from.set(reader.at.get),
            ...extensions.map(readExtra),
            extra.to.set(reader.at.get),
          ),
        ),
        callBytes.from.set(reader.at.get),
        call.walk,
        callBytes.to.set(reader.at.get),
        reader.isDone,
      ),
  });

  return {
    call,
    read,
    isSigned,
    signer,
    scheme,
    signature,
    extra,
    callBytes,
    length,
    nonce,
    period,
    phase,
    tipLow,
    tipHigh,
  };
}

export const SCHEMES = { ed25519: ED25519, ecdsa: ECDSA };
