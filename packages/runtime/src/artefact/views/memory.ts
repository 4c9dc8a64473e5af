/** Bytes in the memory of the views: copying, comparing, and what state holds under a key. */
import { choose, giveBack, i32, i64, repeatWhile, seq, type Variable, when } from "../wasm-code.ts";
import type { Callable, ModuleBuilder } from "../wasm-module.ts";
import { type HostFunctions, spanCode, spanLength, spanPointer } from "./host-functions.ts";

export interface Memory {
  /** (to, from, length): statement. */
  readonly copy: Callable;
  /** (pointer, length): whether all bytes are zero. */
  readonly isZero: Callable;
  /** (a, b, length): whether both are equal. */
  readonly isEqual: Callable;
  /** Span of a key → span of the value, 0 when there is none. */
  readonly stored: Callable;
}

export function memory(module: ModuleBuilder, host: HostFunctions): Memory {
  const copy = module.declare({
    params: { to: "i32", from: "i32", length: "i32" },
    body: ({ to, from, length }: Record<"to" | "from" | "length", Variable>) =>
      seq(
        repeatWhile(
          i32.ge(length.get, i32.const(8)),
          seq(
            i64.store(to.get, i64.load(from.get)),
            to.set(i32.add(to.get, i32.const(8))),
            from.set(i32.add(from.get, i32.const(8))),
            length.set(i32.sub(length.get, i32.const(8))),
          ),
        ),
        repeatWhile(
          length.get,
          seq(
            i32.store8(to.get, i32.load8(from.get)),
            to.set(i32.add(to.get, i32.const(1))),
            from.set(i32.add(from.get, i32.const(1))),
            length.set(i32.sub(length.get, i32.const(1))),
          ),
        ),
      ),
  });

  const isEqual = module.declare({
    params: { a: "i32", b: "i32", length: "i32" },
    result: "i32",
    body: ({ a, b, length }: Record<"a" | "b" | "length", Variable>) =>
      seq(
        repeatWhile(
          length.get,
          seq(
            length.set(i32.sub(length.get, i32.const(1))),
            when(
              i32.ne(i32.load8(i32.add(a.get, length.get)), i32.load8(i32.add(b.get, length.get))),
              giveBack(i32.const(0)),
            ),
          ),
        ),
        i32.const(1),
      ),
  });

  const isZero = module.declare({
    params: { pointer: "i32", length: "i32" },
    result: "i32",
    body: ({ pointer, length }: Record<"pointer" | "length", Variable>) =>
      seq(
        repeatWhile(
          length.get,
          seq(
            length.set(i32.sub(length.get, i32.const(1))),
            when(i32.load8(i32.add(pointer.get, length.get)), giveBack(i32.const(0))),
          ),
        ),
        i32.const(1),
      ),
  });

  const stored = module.declare({
    params: { key: "i64" },
    locals: { found: "i64", at: "i32", mode: "i32", skip: "i32" },
    result: "i64",
    body: ({
      key,
      found,
      at,
      mode,
      skip,
    }: Record<"key" | "found" | "at" | "mode" | "skip", Variable>) =>
      seq(
        found.set(host.storageGet(key.get)),
        at.set(spanPointer(found.get)),
        when(i32.isZero(i32.load8(at.get)), giveBack(i64.const(0n))),
        // Past the byte of the option and the compact length: 1, 2 or 4 bytes; longer values are not stored here.
        mode.set(i32.and(i32.load8(at.get, 1), i32.const(3))),
        skip.set(
          choose(
            "i32",
            i32.isZero(mode.get),
            i32.const(2),
            choose("i32", i32.eq(mode.get, i32.const(1)), i32.const(3), i32.const(5)),
          ),
        ),
        spanCode(i32.add(at.get, skip.get), i32.sub(spanLength(found.get), skip.get)),
      ),
  });

  return { copy, isZero, isEqual, stored };
}
