/** Accounts inside the Wasm: the entry of `System.Account`, and the view of its nonce. */
import { assert } from "@pha/scale";
import {
  type Code,
  giveBack,
  i32,
  i64,
  seq,
  unreachable,
  type Variable,
  when,
} from "../wasm-code.ts";
import type { Callable, ModuleBuilder } from "../wasm-module.ts";
import { type HostFunctions, spanCode, spanConst, spanPointer } from "./host-functions.ts";
import type { Memory } from "./memory.ts";
import { constant, difference, isLess, loaded, type U128 } from "./u128.ts";

/** Offsets in `AccountInfo`. */
const AT = { nonce: 0, providers: 8, sufficients: 12, free: 16, reserved: 32, frozen: 48 };
const ACCOUNT_BYTES = 32;
const PREFIX_BYTES = 32;
const HASH_BYTES = 16;

export interface AccountViews {
  /** Pointer of an account → pointer of its entry, 0 when there is none. */
  readonly entryOf: Callable;
  /** Expressions on an entry. */
  nonce(entry: Code): Code;
  /** Whether nothing keeps the account. */
  isGone(entry: Code): Code;
  /** Whether an amount is more than may leave while the account is kept alive. */
  isBeyond(entry: Code, amount: U128): Code;
}

/** @param prefix of `System.Account` */
export function accountViews(
  module: ModuleBuilder,
  host: HostFunctions,
  memory: Memory,
  prefix: Uint8Array,
  existentialDeposit: bigint,
): AccountViews {
  assert(prefix.length === PREFIX_BYTES, "a prefix has 32 bytes");
  const key = module.scratch(PREFIX_BYTES + HASH_BYTES + ACCOUNT_BYTES);
  const prefixAt = module.constant(prefix);
  const at = (offset: number) => i32.const(key + offset);
  const free = module.global("i64");
  const freeHigh = module.global("i64");
  const keep = module.global("i64");
  const keepHigh = module.global("i64");

  const entryOf = module.declare({
    params: { account: "i32" },
    result: "i32",
    body: ({ account }: Record<"account", Variable>) =>
      seq(
        memory.copy(at(0), i32.const(prefixAt.pointer), i32.const(PREFIX_BYTES)),
        memory.copy(
          at(PREFIX_BYTES),
          host.blake2b128(spanCode(account.get, i32.const(ACCOUNT_BYTES))),
          i32.const(HASH_BYTES),
        ),
        memory.copy(at(PREFIX_BYTES + HASH_BYTES), account.get, i32.const(ACCOUNT_BYTES)),
        spanPointer(
          memory.stored(
            spanConst({ pointer: key, length: PREFIX_BYTES + HASH_BYTES + ACCOUNT_BYTES }),
          ),
        ),
      ),
  });

  const put = (value: U128, low: Variable, high: Variable): Code =>
    // The high half is computed from the low ones of the operands, so it is first.
    seq(high.set(value.high), low.set(value.low));
  const beyond = module.declare({
    params: { entry: "i32", low: "i64", high: "i64" },
    result: "i32",
    body: ({ entry, low, high }: Record<"entry" | "low" | "high", Variable>) => {
      const frozen = loaded(entry.get, AT.frozen);
      const reserved = loaded(entry.get, AT.reserved);
      const least = constant(existentialDeposit);
      const kept: U128 = { low: keep.get, high: keepHigh.get };
      const had: U128 = { low: free.get, high: freeHigh.get };
      return seq(
        put(least, keep, keepHigh),
        when(
          isLess(reserved, frozen),
          when(
            isLess(least, difference(frozen, reserved)),
            put(difference(frozen, reserved), keep, keepHigh),
          ),
        ),
        put(loaded(entry.get, AT.free), free, freeHigh),
        // Nothing may leave: any amount but zero is too much.
        when(isLess(had, kept), giveBack(i64.ne(i64.or(low.get, high.get), i64.const(0n)))),
        isLess(difference(had, kept), { low: low.get, high: high.get }),
      );
    },
  });

  module.entry(
    "AccountNonceApi_account_nonce",
    ({ pointer, length, local }) => {
      const found = local("found");
      const zero = module.constant(new Uint8Array(4));
      return seq(
        when(i32.ne(length, i32.const(ACCOUNT_BYTES)), unreachable),
        found.set(entryOf(pointer)),
        when(i32.isZero(found.get), giveBack(spanConst(zero))),
        spanCode(found.get, i32.const(4)),
      );
    },
    { found: "i32" },
  );

  return {
    entryOf,
    nonce: (entry) => i32.load(entry, AT.nonce),
    isGone: (entry) =>
      i32.isZero(i32.or(i32.load(entry, AT.providers), i32.load(entry, AT.sufficients))),
    isBeyond: (entry, { low, high }) => beyond(entry, low, high),
  };
}
