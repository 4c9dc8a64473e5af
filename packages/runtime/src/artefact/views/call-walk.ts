/**
 * Walks an encoded call inside the Wasm and adds up its weight, from the shapes and weight formulas of the declarations.
 *
 * **Bounds**: calls nest as deep as `MAX_CALL_DEPTH`; sequences are no longer than their bound and the input. **Not
 * here**: rules of codecs that their shapes do not say (checked values, texts that are no UTF-8): such calls are
 * refused when a full node decodes them.
 */
import { type CallEntry, MAX_CALL_DEPTH, type RuntimeTables, type WeightFormula } from "@pha/frame";
import { assert, FIXED_BYTES, type Field, type Shape } from "@pha/scale";
import {
  type Code,
  drop,
  giveBack,
  i32,
  i64,
  repeatWhile,
  seq,
  type Variable,
  when,
} from "../wasm-code.ts";
import type { Callable, ModuleBuilder } from "../wasm-module.ts";
import type { WasmReader } from "./wasm-reader.ts";

export const CLASSES = ["Normal", "Operational", "Mandatory"] as const;
const MAX_FACTOR = 1n << 31n;

export interface CallWalk {
  /** Statement: passes one call. */
  readonly walk: Code;
  /** Statement: passes a value of a shape. */
  value(shape: Shape): Code;
  /** Statement, before the walk. */
  readonly reset: Code;
  readonly refTime: Variable;
  readonly proofSize: Variable;
  /** Of the outermost call: index in `CLASSES`, 1 when it pays, 1 when a rule outside of its declaration judges it. */
  readonly dispatchClass: Variable;
  readonly paysFee: Variable;
  readonly isRuled: Variable;
  /** 0 when the weight of some call is not data. */
  readonly isKnown: Variable;
}

/** @param ruled calls, as `Pallet.call`, whose validity depends on more than signature, nonce, weight and fee */
export function callWalk(
  module: ModuleBuilder,
  reader: WasmReader,
  tables: RuntimeTables,
  ruled: ReadonlySet<string>,
): CallWalk {
  const refTime = module.global("i64");
  const proofSize = module.global("i64");
  const dispatchClass = module.global("i32");
  const paysFee = module.global("i32");
  const isRuled = module.global("i32");
  const isKnown = module.global("i32");
  const depth = module.global("i32");
  const walkers = new Map<Shape, Callable>();
  const callShape = tables.callCodec.shape;

  const addTo = (sum: Variable, added: Code): Code =>
    // A sum that reaches 2^63 is no weight any more.
    seq(
      sum.set(i64.add(sum.get, added)),
      when(i64.ge(sum.get, i64.const(1n << 63n)), isKnown.set(i32.const(0))),
    );

  /** Statement: passes a value; shared code for what has parts. */
  const value = (shape: Shape): Code => {
    if (shape === callShape) return walkCall();
    const size = fixedSize(shape);
    if (size !== undefined) return size === 0 ? [] : reader.skip(i32.const(size));
    switch (shape.kind) {
      case "lazy":
        return value(shape.resolve());
      case "primitive":
        return shape.primitive === "str"
          ? sequence(STR)
          : when(i32.gt(reader.u8, i32.const(1)), reader.fail);
      case "compact":
        return compact(shape.inner);
      case "tuple":
        return seq(...shape.inner.map(value));
      case "sequence":
        return sequence(shape);
      case "array":
      case "composite":
      case "variant":
        return sharedWalker(shape)();
    }
  };

  const sharedWalker = (shape: Shape): Callable => {
    const known = walkers.get(shape);
    if (known) return known;
    const made = module.declare({
      locals: { left: "i32" },
      body: ({ left }: Record<"left", Variable>) => bodyOf(shape, left),
    });
    walkers.set(shape, made);
    return made;
  };

  const bodyOf = (shape: Shape, left: Variable): Code => {
    switch (shape.kind) {
      case "array":
        return seq(left.set(i32.const(shape.length)), times(left, value(shape.inner)));
      case "composite":
        return seq(...shape.fields.map((field) => value(field.shape)));
      case "variant":
        return seq(
          left.set(reader.u8),
          shape.variants.reduceRight<Code>(
            (otherwise, { index, fields }) =>
              when(
                i32.eq(left.get, i32.const(index)),
                seq(...fields.map((field) => value(field.shape))),
                otherwise,
              ),
            reader.fail,
          ),
        );
      default:
        return value(shape);
    }
  };

  const times = (left: Variable, body: Code): Code =>
    repeatWhile(
      i32.and(i32.ne(left.get, i32.const(0)), i32.isZero(reader.failed.get)),
      seq(left.set(i32.sub(left.get, i32.const(1))), body),
    );

  /** Statement: a count into `count`, 0 when it cannot be. */
  const countOf = (shape: Shape & { readonly kind: "sequence" }, count: Variable): Code =>
    seq(
      count.set(reader.compact),
      when(
        i64.gt(
          i64.mul(i64.extend(count.get), i64.const(BigInt(leastSize(shape.inner)))),
          i64.extend(i32.sub(reader.end.get, reader.at.get)),
        ),
        reader.fail,
      ),
      shape.max === undefined ? [] : when(i32.gt(count.get, i32.const(shape.max)), reader.fail),
      when(reader.failed.get, count.set(i32.const(0))),
    );

  const items = (shape: Shape & { readonly kind: "sequence" }, count: Variable, left: Variable) => {
    const size = fixedSize(shape.inner);
    return size === undefined
      ? seq(left.set(count.get), times(left, value(shape.inner)))
      : reader.skip(i32.mul(count.get, i32.const(size)));
  };

  const sequence = (shape: Shape & { readonly kind: "sequence" }): Code => {
    const known = walkers.get(shape);
    if (known) return known();
    const made = module.declare({
      locals: { count: "i32", left: "i32" },
      body: ({ count, left }: Record<"count" | "left", Variable>) =>
        seq(countOf(shape, count), items(shape, count, left)),
    });
    walkers.set(shape, made);
    return made();
  };

  const compact = (inner: Shape): Code => {
    // `Compact<()>` takes no bytes.
    if (inner.kind !== "primitive") return [];
    const size = FIXED_BYTES[inner.primitive];
    assert(size !== undefined, "only numbers are compact");
    if (size > 4) return reader.compactBig(size);
    return size === 4
      ? drop(reader.compact)
      : when(i32.ge(reader.compact, i32.const(1 << (8 * size))), reader.fail);
  };

  const argsWalker = ({ pallet, name, declaration }: CallEntry): Callable =>
    module.declare({
      locals: { count: "i32", left: "i32" },
      body: ({ count, left }: Record<"count" | "left", Variable>) => {
        const { formula, args } = declaration;
        assert(args.shape.kind === "composite", "arguments of a call are a struct");
        const rest = seq(
          dispatchClass.set(i32.const(CLASSES.indexOf(declaration.dispatchClass))),
          paysFee.set(i32.const(declaration.paysFee ? 1 : 0)),
          isRuled.set(i32.const(ruled.has(`${pallet.pallet.name}.${name}`) ? 1 : 0)),
        );
        const fields = args.shape.fields.map((field) => argument(field, formula, count, left));
        const base = formula
          ? seq(
              addTo(refTime, i64.const(formula.base.refTime)),
              addTo(proofSize, i64.const(formula.base.proofSize)),
            )
          : isKnown.set(i32.const(0));
        return seq(...fields, base, rest);
      },
    });

  const argument = (
    { name, shape }: Field,
    formula: WeightFormula | undefined,
    count: Variable,
    left: Variable,
  ): Code => {
    const part =
      formula?.each?.argument === name
        ? formula?.each
        : formula?.calls?.argument === name
          ? formula?.calls
          : undefined;
    if (part === undefined) return value(shape);
    const { refTime: each, proofSize: bytes } = part.weight;
    assert(each < MAX_FACTOR && bytes < MAX_FACTOR, "a product with 32 bits fits 63");
    const add = seq(
      addTo(refTime, i64.mul(i64.extend(count.get), i64.const(each))),
      addTo(proofSize, i64.mul(i64.extend(count.get), i64.const(bytes))),
    );
    if (shape === callShape) return seq(count.set(i32.const(1)), walkCall(), add);
    if (shape.kind === "sequence")
      return seq(countOf(shape, count), items(shape, count, left), add);
    assert(shape.kind === "primitive" && shape.primitive === "u32", "what weighs can be counted");
    return seq(count.set(reader.u32), add);
  };

  const walkCall: Callable = module.declare({
    locals: { pallet: "i32", call: "i32" },
    body: ({ pallet, call }: Record<"pallet" | "call", Variable>) => {
      const known = tables.pallets.map(
        (entry): Code =>
          when(
            i32.eq(pallet.get, i32.const(entry.index)),
            seq(
              ...[...entry.callsByName.values()].map(
                (one): Code =>
                  when(
                    i32.eq(call.get, i32.const(one.declaration.index)),
                    seq(argsWalker(one)(), depth.set(i32.sub(depth.get, i32.const(1))), LEAVE),
                  ),
              ),
            ),
          ),
      );
      return seq(
        pallet.set(reader.u8),
        call.set(reader.u8),
        when(i32.ge(depth.get, i32.const(MAX_CALL_DEPTH)), seq(reader.fail, LEAVE)),
        depth.set(i32.add(depth.get, i32.const(1))),
        ...known,
        reader.fail,
      );
    },
  });

  return {
    walk: walkCall(),
    value,
    reset: seq(
      depth.set(i32.const(0)),
      refTime.set(i64.const(0n)),
      proofSize.set(i64.const(0n)),
      isKnown.set(i32.const(1)),
    ),
    refTime,
    proofSize,
    dispatchClass,
    paysFee,
    isRuled,
    isKnown,
  };
}

const LEAVE: Code = giveBack([]);
const STR: Shape & { readonly kind: "sequence" } = {
  kind: "sequence",
  inner: { kind: "primitive", primitive: "u8" },
};

/** Bytes of every value; `undefined` when they differ, or not all bytes are values. */
function fixedSize(shape: Shape): number | undefined {
  const sum = (parts: readonly Shape[]): number | undefined => {
    let total = 0;
    for (const part of parts) {
      const size = fixedSize(part);
      if (size === undefined) return undefined;
      total += size;
    }
    return total;
  };
  switch (shape.kind) {
    case "primitive":
      return FIXED_BYTES[shape.primitive];
    case "array": {
      const size = fixedSize(shape.inner);
      return size === undefined ? undefined : size * shape.length;
    }
    case "tuple":
      return sum(shape.inner);
    case "composite":
      return sum(shape.fields.map((field) => field.shape));
    default:
      return undefined;
  }
}

/** Fewest bytes of a value; bounds counts. Recursive types count as one byte. */
function leastSize(shape: Shape): number {
  const sum = (parts: readonly Shape[]): number =>
    parts.reduce((total, part) => total + leastSize(part), 0);
  switch (shape.kind) {
    case "primitive":
      return FIXED_BYTES[shape.primitive] ?? 1;
    case "array":
      return leastSize(shape.inner) * shape.length;
    case "tuple":
      return sum(shape.inner);
    case "composite":
      return sum(shape.fields.map((field) => field.shape));
    case "compact":
      return shape.inner.kind === "primitive" ? 1 : 0;
    default:
      return 1;
  }
}
