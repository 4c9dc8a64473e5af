/**
 * A WebAssembly module for the field of 2^255 − 19 and points of the twisted Edwards curve over it, put together here.
 *
 * JavaScript has no product of 64 bits but BigInt, which is ten times slower. The module is generated, because its body
 * is three schemes repeated a hundred times: `Σ fᵢ·gⱼ`, carries, and the formulas of points.
 *
 * A field element is ten signed limbs of 26 and 25 bits in turn, each an i64 in memory: `Σ limbᵢ · 2^⌈25.5·i⌉`. A point is
 * four elements X, Y, Z, T (x = X/Z, y = Y/Z, xy = T/Z); one prepared for additions is Y+X, Y−X, Z, 2d·T.
 *
 * **Bounds**: products and carried elements have limbs below 1.1·2^25 (even) and 1.1·2^24 (odd). A factor may be the sum
 * or difference of three of those: then `Σ` stays below 2^63 (`ristretto.test.ts` multiplies the extremes).
 * Nothing here is constant-time on purpose: all values are public.
 */
import { leb, OP, sleb, VOID, type WasmFunction, wasmModule } from "./wasm-bytes.node.ts";

/** Bytes of an element. */
export const ELEMENT = 80;
/** Bytes of a point. */
export const POINT = 4 * ELEMENT;
const LIMBS = 10;

export interface FieldModule {
  readonly memory: WebAssembly.Memory;
  readonly mul: (out: number, a: number, b: number) => void;
  /** `a` squared `times` times, at least once. */
  readonly square: (out: number, a: number, times: number) => void;
  readonly add: (out: number, a: number, b: number) => void;
  readonly sub: (out: number, a: number, b: number) => void;
  readonly carry: (out: number, a: number) => void;
  readonly double: (out: number, point: number) => void;
  readonly addPrepared: (out: number, point: number, prepared: number) => void;
  readonly subPrepared: (out: number, point: number, prepared: number) => void;
}

/** Functions of the module in order; the bodies call one another by these places. */
const NAMES = [
  "mul",
  "squareOnce",
  "square",
  "add",
  "sub",
  "carry",
  "double",
  "addPrepared",
  "subPrepared",
] as const;
type Name = (typeof NAMES)[number];

/** @param pages of 64 KiB; the module itself uses the first `SCRATCH_BYTES` */
export function openFieldModule(pages: number): FieldModule {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const functions = NAMES.map((name) => ({ name, ...FUNCTIONS[name]() }));
  const module = new WebAssembly.Module(wasmModule(functions, pages));
  const { exports } = new WebAssembly.Instance(module, { m: { m: memory } });
  const named = (name: Name) => {
    const found = exports[name];
    if (typeof found !== "function") throw new TypeError(`the module lacks ${name}`);
    // Exports of WebAssembly are functions of numbers.
    return found as (...args: number[]) => void;
  };
  return {
    memory,
    mul: named("mul"),
    square: named("square"),
    add: named("add"),
    sub: named("sub"),
    carry: named("carry"),
    double: named("double"),
    addPrepared: named("addPrepared"),
    subPrepared: named("subPrepared"),
  };
}

/** Room for the four elements in the middle of a formula, and one more. */
export const SCRATCH_BYTES = 6 * ELEMENT;

const FUNCTIONS: Record<Name, () => Omit<WasmFunction, "name">> = {
  mul: () => ({ parameters: 3, variables: VARIABLES, code: mulCode() }),
  squareOnce: () => ({ parameters: 2, variables: VARIABLES, code: squareCode() }),
  square: () => ({ parameters: 3, variables: 0, code: squareManyCode() }),
  add: () => ({ parameters: 3, variables: 0, code: sumCode(OP.i64Add) }),
  sub: () => ({ parameters: 3, variables: 0, code: sumCode(OP.i64Sub) }),
  carry: () => ({ parameters: 2, variables: VARIABLES, code: carryCode() }),
  double: () => ({ parameters: 2, variables: 0, code: doubleCode() }),
  addPrepared: () => ({ parameters: 3, variables: 0, code: addCode("add") }),
  subPrepared: () => ({ parameters: 3, variables: 0, code: addCode("sub") }),
};

// Arithmetic.

/** Locals of a body whose parameters are `out`, `a` and, with two factors, `b`. */
interface Locals {
  readonly f: (i: number) => number;
  readonly g: (i: number) => number;
  readonly h: (i: number) => number;
  readonly f2: (i: number) => number;
  readonly g19: (i: number) => number;
  readonly g38: (i: number) => number;
  readonly c: number;
}

function localsFrom(first: number): Locals {
  const block = (index: number) => (i: number) => first + index * LIMBS + i;
  return {
    f: block(0),
    g: block(1),
    h: block(2),
    f2: block(3),
    g19: block(4),
    g38: block(5),
    c: first + 6 * LIMBS,
  };
}

const VARIABLES = 6 * LIMBS + 1;

/** Loads the limbs of parameter `from` into locals. */
function loadLimbs(from: number, to: (i: number) => number): number[] {
  const code: number[] = [];
  for (let i = 0; i < LIMBS; i++)
    code.push(OP.get, from, OP.load, 3, ...leb(8 * i), OP.set, ...leb(to(i)));
  return code;
}

function scaled(from: number, by: number, to: number): number[] {
  return [OP.get, ...leb(from), OP.i64Const, ...sleb(by), OP.i64Mul, OP.set, ...leb(to)];
}

function mulCode(): number[] {
  const at = localsFrom(3);
  const code = [...loadLimbs(1, at.f), ...loadLimbs(2, at.g)];
  for (let i = 1; i < LIMBS; i += 2) code.push(...scaled(at.f(i), 2, at.f2(i)));
  for (let i = 1; i < LIMBS; i++) code.push(...scaled(at.g(i), 19, at.g19(i)));
  for (let k = 0; k < LIMBS; k++) {
    for (let i = 0; i < LIMBS; i++) {
      const j = (k - i + LIMBS) % LIMBS;
      // Two odd limbs weigh a bit more together; what goes beyond 2^255 comes back times 19.
      const left = i % 2 === 1 && j % 2 === 1 ? at.f2(i) : at.f(i);
      const right = i + j >= LIMBS ? at.g19(j) : at.g(j);
      code.push(OP.get, ...leb(left), OP.get, ...leb(right), OP.i64Mul);
      if (i > 0) code.push(OP.i64Add);
    }
    code.push(OP.set, ...leb(at.h(k)));
  }
  return [...code, ...carryAndStore(at)];
}

function squareCode(): number[] {
  const at = localsFrom(2);
  const code = [...loadLimbs(1, at.f)];
  for (let i = 0; i < LIMBS; i++)
    code.push(
      ...scaled(at.f(i), 2, at.f2(i)),
      ...scaled(at.f(i), 19, at.g19(i)),
      ...scaled(at.f(i), 38, at.g38(i)),
    );
  for (let k = 0; k < LIMBS; k++) {
    let count = 0;
    for (let i = 0; i < LIMBS; i++) {
      const j = (k - i + LIMBS) % LIMBS;
      if (i > j) continue;
      const isDouble = i % 2 === 1 && j % 2 === 1;
      const isBeyond = i + j >= LIMBS;
      const plain = isBeyond ? at.g19(j) : at.f(j);
      const twice = isBeyond ? at.g38(j) : at.f2(j);
      code.push(OP.get, ...leb(i === j ? at.f(i) : at.f2(i)));
      code.push(OP.get, ...leb(isDouble ? twice : plain), OP.i64Mul);
      if (count++ > 0) code.push(OP.i64Add);
    }
    code.push(OP.set, ...leb(at.h(k)));
  }
  return [...code, ...carryAndStore(at)];
}

function squareManyCode(): number[] {
  return [
    ...[OP.get, 0, OP.get, 1, OP.call, place("squareOnce")],
    ...[OP.get, 2, OP.i32Const, 1, OP.i32Sub, OP.tee, 2],
    // Again while there is more than one left.
    ...[OP.if, VOID, OP.loop, VOID],
    ...[OP.get, 0, OP.get, 0, OP.call, place("squareOnce")],
    ...[OP.get, 2, OP.i32Const, 1, OP.i32Sub, OP.tee, 2, OP.brIf, 0],
    ...[OP.end, OP.end],
  ];
}

function sumCode(operation: number): number[] {
  const code: number[] = [];
  for (let i = 0; i < LIMBS; i++)
    code.push(
      ...[OP.get, 0, OP.get, 1, OP.load, 3, ...leb(8 * i)],
      ...[OP.get, 2, OP.load, 3, ...leb(8 * i), operation, OP.store, 3, ...leb(8 * i)],
    );
  return code;
}

function carryCode(): number[] {
  const at = localsFrom(2);
  return [...loadLimbs(1, at.h), ...carryAndStore(at)];
}

/** Brings the limbs of `h` into their ranges, in two chains that do not wait for each other, and stores them. */
function carryAndStore(at: Locals): number[] {
  const code: number[] = [];
  for (const i of [0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 9, 0]) {
    const bits = i % 2 === 0 ? 26 : 25;
    const next = at.h((i + 1) % LIMBS);
    code.push(
      ...[OP.get, ...leb(at.h(i)), OP.i64Const, ...sleb(2 ** (bits - 1)), OP.i64Add],
      ...[OP.i64Const, ...sleb(bits), OP.i64Shr, OP.set, ...leb(at.c)],
      ...[OP.get, ...leb(next), OP.get, ...leb(at.c)],
      ...(i === 9 ? [OP.i64Const, ...sleb(19), OP.i64Mul] : []),
      ...[OP.i64Add, OP.set, ...leb(next)],
      ...[OP.get, ...leb(at.h(i)), OP.get, ...leb(at.c), OP.i64Const, ...sleb(bits), OP.i64Shl],
      ...[OP.i64Sub, OP.set, ...leb(at.h(i))],
    );
  }
  for (let i = 0; i < LIMBS; i++)
    code.push(OP.get, 0, OP.get, ...leb(at.h(i)), OP.store, 3, ...leb(8 * i));
  return code;
}

// Points.

/** An element: of a parameter, or of the scratch room. */
type Place = readonly [parameter: 0 | 1 | 2 | undefined, element: number];
const out = (element: number): Place => [0, element];
const first = (element: number): Place => [1, element];
const second = (element: number): Place => [2, element];
const scratch = (element: number): Place => [undefined, element];

function addressOf([parameter, element]: Place): number[] {
  const offset = [OP.i32Const, ...sleb(element * ELEMENT)];
  return parameter === undefined ? offset : [OP.get, parameter, ...offset, OP.i32Add];
}

function call(name: Name, ...places: readonly Place[]): number[] {
  return [...places.flatMap(addressOf), OP.call, place(name)];
}

function place(name: Name): number {
  return NAMES.indexOf(name);
}

const [X, Y, Z, T] = [0, 1, 2, 3];

/** X = E·H, Y = G·F, Z = F·H, T = E·G, with G, F, H in the places 1 to 3 of the scratch room. */
function completed(e: Place): number[] {
  return [
    ...call("mul", out(X), e, scratch(3)),
    ...call("mul", out(Y), scratch(1), scratch(2)),
    ...call("mul", out(Z), scratch(2), scratch(3)),
    ...call("mul", out(T), e, scratch(1)),
  ];
}

/** @see RFC 8032 §5.1.4 "Point Addition", doubling with a = −1 */
function doubleCode(): number[] {
  return [
    ...call("squareOnce", scratch(2), first(X)),
    ...call("squareOnce", scratch(3), first(Y)),
    ...call("add", scratch(4), first(X), first(Y)),
    ...call("squareOnce", scratch(0), scratch(4)),
    ...call("squareOnce", scratch(4), first(Z)),
    ...call("add", scratch(1), scratch(3), scratch(2)),
    ...call("sub", scratch(2), scratch(3), scratch(2)),
    ...call("sub", scratch(0), scratch(0), scratch(1)),
    ...call("add", scratch(4), scratch(4), scratch(4)),
    ...call("sub", scratch(3), scratch(4), scratch(2)),
    // Four terms are one too many for a factor.
    ...call("carry", scratch(3), scratch(3)),
    ...completed(scratch(0)),
  ];
}

/** Addition or subtraction of a prepared point; neither knows special cases. */
function addCode(sign: "add" | "sub"): number[] {
  const other = sign === "add" ? "sub" : "add";
  const [plus, minus] = sign === "add" ? [0, 1] : [1, 0];
  return [
    ...call("add", scratch(0), first(Y), first(X)),
    ...call("sub", scratch(1), first(Y), first(X)),
    ...call("mul", scratch(0), scratch(0), second(plus)),
    ...call("mul", scratch(1), scratch(1), second(minus)),
    ...call("mul", scratch(4), second(3), first(T)),
    ...call("mul", scratch(2), first(Z), second(2)),
    ...call("add", scratch(5), scratch(2), scratch(2)),
    ...call(sign, scratch(2), scratch(5), scratch(4)),
    ...call(other, scratch(3), scratch(5), scratch(4)),
    ...call("sub", scratch(4), scratch(0), scratch(1)),
    ...call("add", scratch(1), scratch(0), scratch(1)),
    ...completed(scratch(4)),
  ];
}
