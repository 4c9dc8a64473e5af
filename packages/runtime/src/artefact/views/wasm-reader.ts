/**
 * A cursor over SCALE bytes inside the Wasm: what `Reader` of `@pha/scale` is outside, with the same verdicts.
 *
 * A read beyond the end or of a form that is not canonical sets `failed` and goes on with whatever comes; whoever reads
 * asks `failed` when all is read. Loops must ask at every turn.
 */
import {
  type Code,
  choose,
  drop,
  giveBack,
  i32,
  i64,
  repeatWhile,
  seq,
  type Variable,
  when,
} from "../wasm-code.ts";
import type { ModuleBuilder } from "../wasm-module.ts";

export interface WasmReader {
  readonly at: Variable;
  readonly end: Variable;
  /** 1 after a failed read. */
  readonly failed: Variable;
  /** Statement: the cursor over `length` bytes from `pointer`. */
  start(pointer: Code, length: Code): Code;
  readonly fail: Code;
  /** Expression: pointer to the next bytes, which are passed. */
  take(length: Code): Code;
  skip(length: Code): Code;
  readonly u8: Code;
  readonly u32: Code;
  readonly u64: Code;
  /** Expression: a compact number of at most 32 bits. */
  readonly compact: Code;
  /** Statement: a compact number of at most `bytes` (8 or 16) bytes goes to `low` and `high`. */
  compactBig(bytes: number): Code;
  readonly low: Variable;
  readonly high: Variable;
  /** Expression: whether everything was read, and well. */
  readonly isDone: Code;
}

export function wasmReader(module: ModuleBuilder): WasmReader {
  const at = module.global("i32");
  const end = module.global("i32");
  const failed = module.global("i32");
  const low = module.global("i64");
  const high = module.global("i64");
  /** Where reads go that must not happen. */
  const nowhere = module.scratch(16);
  const fail = failed.set(i32.const(1));

  const takeBytes = module.declare({
    params: { length: "i32" },
    locals: { from: "i32" },
    result: "i32",
    body: ({ length, from }: Record<"length" | "from", Variable>) =>
      seq(
        when(
          i32.gt(length.get, i32.sub(end.get, at.get)),
          seq(fail, at.set(end.get), giveBack(i32.const(nowhere))),
        ),
        from.set(at.get),
        at.set(i32.add(at.get, length.get)),
        from.get,
      ),
  });
  const take = (length: Code): Code => takeBytes(length);
  const u8 = i32.load8(take(i32.const(1)));
  const u32 = i32.load(take(i32.const(4)));

  const compactNumber = module.declare({
    locals: { first: "i32", value: "i32" },
    result: "i32",
    body: ({ first, value }: Record<"first" | "value", Variable>) => {
      const mode = i32.and(first.get, i32.const(3));
      const upper = i32.shr(first.get, i32.const(2));
      const atLeast = (least: number): Code => when(i32.lt(value.get, i32.const(least)), fail);
      return seq(
        first.set(u8),
        when(i32.isZero(mode), giveBack(upper)),
        when(
          i32.eq(mode, i32.const(1)),
          seq(
            value.set(i32.or(upper, i32.shl(u8, i32.const(6)))),
            atLeast(64),
            giveBack(value.get),
          ),
        ),
        when(
          i32.eq(mode, i32.const(2)),
          seq(
            value.set(i32.add(upper, i32.shl(u8, i32.const(6)))),
            value.set(i32.add(value.get, i32.shl(i32.load16(take(i32.const(2))), i32.const(14)))),
            atLeast(16_384),
            giveBack(value.get),
          ),
        ),
        when(upper, fail),
        value.set(u32),
        atLeast(1 << 30),
        value.get,
      );
    },
  });

  const bigNumber = module.declare({
    params: { most: "i32" },
    locals: { first: "i32", length: "i32", from: "i32", byte: "i64" },
    body: ({
      most,
      first,
      length,
      from,
      byte,
    }: Record<"most" | "first" | "length" | "from" | "byte", Variable>) =>
      seq(
        low.set(i64.const(0n)),
        high.set(i64.const(0n)),
        first.set(u8),
        when(
          i32.ne(i32.and(first.get, i32.const(3)), i32.const(3)),
          seq(at.set(i32.sub(at.get, i32.const(1))), low.set(i64.extend(compactNumber()))),
          seq(
            length.set(i32.add(i32.shr(first.get, i32.const(2)), i32.const(4))),
            from.set(take(length.get)),
            when(
              i32.gt(length.get, most.get),
              seq(fail, length.set(i32.const(0))),
              when(
                choose(
                  "i32",
                  i32.eq(length.get, i32.const(4)),
                  i32.lt(i32.load(from.get), i32.const(1 << 30)),
                  i32.isZero(i32.load8(i32.sub(i32.add(from.get, length.get), i32.const(1)))),
                ),
                fail,
              ),
            ),
            when(failed.get, length.set(i32.const(0))),
            repeatWhile(
              length.get,
              seq(
                length.set(i32.sub(length.get, i32.const(1))),
                byte.set(i64.extend(i32.load8(i32.add(from.get, length.get)))),
                when(
                  i32.ge(length.get, i32.const(8)),
                  high.set(i64.or(i64.shl(high.get, i64.const(8n)), byte.get)),
                  low.set(i64.or(i64.shl(low.get, i64.const(8n)), byte.get)),
                ),
              ),
            ),
          ),
        ),
      ),
  });

  return {
    at,
    end,
    failed,
    start: (pointer, length) =>
      seq(at.set(pointer), end.set(i32.add(at.get, length)), failed.set(i32.const(0))),
    fail,
    take,
    skip: (length) => drop(take(length)),
    u8,
    u32,
    u64: i64.load(take(i32.const(8))),
    compact: compactNumber(),
    compactBig: (bytes) => bigNumber(i32.const(bytes)),
    low,
    high,
    isDone: i32.and(i32.isZero(failed.get), i32.eq(at.get, end.get)),
  };
}
