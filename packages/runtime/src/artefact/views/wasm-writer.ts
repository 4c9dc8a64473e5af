/** Builds an answer in scratch memory inside the Wasm: SCALE numbers, one after the other. */
import { type Code, i32, i64, repeatWhile, seq, type Variable, when } from "../wasm-code.ts";
import type { ModuleBuilder } from "../wasm-module.ts";
import { spanCode } from "./host-functions.ts";
import type { Memory } from "./memory.ts";

export interface WasmWriter {
  readonly start: Code;
  byte(value: Code): Code;
  u32(value: Code): Code;
  u64(value: Code): Code;
  /** A number of 64 bits as `u128`. */
  u128(low: Code): Code;
  compact(value: Code): Code;
  bytes(pointer: Code, length: Code): Code;
  /** Expression: span of what was written. */
  readonly answer: Code;
}

/** Longest answer that is built here. */
const CAPACITY = 256;

export function wasmWriter(module: ModuleBuilder, memory: Memory): WasmWriter {
  const at = module.global("i32");
  const start = module.scratch(CAPACITY);
  const advance = (length: number): Code => at.set(i32.add(at.get, i32.const(length)));
  const byte = (value: Code): Code => seq(i32.store8(at.get, value), advance(1));
  const u32 = (value: Code): Code => seq(i32.store(at.get, value), advance(4));
  const u64 = (value: Code): Code => seq(i64.store(at.get, value), advance(8));

  const compact = module.declare({
    params: { value: "i64" },
    locals: { prefix: "i32" },
    body: ({ value, prefix }: Record<"value" | "prefix", Variable>) => {
      const low = i32.wrap(value.get);
      const mode = (bits: number): Code => i32.or(i32.shl(low, i32.const(2)), i32.const(bits));
      return when(
        i64.lt(value.get, i64.const(64n)),
        byte(mode(0)),
        when(
          i64.lt(value.get, i64.const(16_384n)),
          seq(i32.store16(at.get, mode(1)), advance(2)),
          when(
            i64.lt(value.get, i64.const(1n << 30n)),
            u32(mode(2)),
            seq(
              prefix.set(at.get),
              advance(1),
              u32(low),
              value.set(i64.shr(value.get, i64.const(32n))),
              repeatWhile(
                i64.ne(value.get, i64.const(0n)),
                seq(byte(i32.wrap(value.get)), value.set(i64.shr(value.get, i64.const(8n)))),
              ),
              i32.store8(
                prefix.get,
                i32.or(
                  i32.shl(i32.sub(i32.sub(at.get, prefix.get), i32.const(5)), i32.const(2)),
                  i32.const(3),
                ),
              ),
            ),
          ),
        ),
      );
    },
  });

  return {
    start: at.set(i32.const(start)),
    byte,
    u32,
    u64,
    u128: (low) => seq(u64(low), u64(i64.const(0n))),
    compact: (value) => compact(value),
    bytes: (pointer, length) =>
      seq(memory.copy(at.get, pointer, length), at.set(i32.add(at.get, length))),
    answer: spanCode(i32.const(start), i32.sub(at.get, i32.const(start))),
  };
}
