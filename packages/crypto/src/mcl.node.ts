/**
 * The WebAssembly of `mcl-wasm`, started by ourselves.
 *
 * The package carries its module as text in the source of a loader that compiles all of it at once and asynchronously,
 * which every program would pay for at its start. Taken out of that source, it starts synchronously when it is first
 * used, in some 30 ms of processor time, and nothing else of the package runs. Memory is all that it imports: no clock, no
 * entropy, no file is in its reach.
 *
 * **Bounds**: 2 MiB of memory, which cannot grow. The module's heap is not used: what a call needs lies on its stack.
 * **Trust**: the module is the one whose hash stands here; names, layout of values and depth of stack are that one's.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { assert, PhaError } from "@pha/scale";

/** Where something lies in the module's memory. */
export type Address = number;

/** What a group has; the names in the module have the group's in them. */
export interface MclGroup {
  /** Bytes taken, or 0 when it is no point. */
  readonly deserialize: (out: Address, compressed: Address, length: number) => number;
  /** Is it on the curve? */
  readonly isValid: (point: Address) => number;
  readonly isValidOrder: (point: Address) => number;
  readonly isZero: (point: Address) => number;
  /** Makes the coordinates affine. */
  readonly normalize: (out: Address, point: Address) => void;
  readonly add: (out: Address, a: Address, b: Address) => void;
  readonly mul: (out: Address, point: Address, scalar: Address) => void;
  /** Written for constant time. */
  readonly mulCT: (out: Address, point: Address, scalar: Address) => void;
}

export interface Mcl {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly alloc: (length: number) => Address;
  readonly g1: MclGroup;
  readonly g2: MclGroup;
  /** Bytes taken, or 0 when the value is not below the order. */
  readonly scalar: (out: Address, bytes: Address, length: number) => number;
  /** Bytes taken, or 0 when the value is not below the modulus. */
  readonly field: (out: Address, bytes: Address, length: number) => number;
  readonly fieldBytes: (out: Address, room: number, value: Address) => number;
  readonly reduceToField: (out: Address, bytes: Address, length: number) => number;
  readonly mapToG1: (out: Address, field: Address) => number;
  readonly millerLoop: (out: Address, ps: Address, qs: Address, count: number) => void;
  readonly finalExponentiation: (out: Address, value: Address) => void;
  readonly isOne: (value: Address) => number;
}

const WASM_SHA256 = "99e25601f2eed784d994aa5c8c1733989350255f78bbbd18571e8df8b65b8f60";
/** A string literal that starts as WebAssembly does, in base64. */
const WASM_LITERAL = /["'](AGFzbQ[\w+/]+=*)["']/;
const PAGES = 32;
const BLS12_381 = 5;
/** The widths that callers were compiled for, which the module checks: ten times the words of a scalar, and of a field element. */
const COMPILED_FOR = 46;
const MAP_BY_RFC_9380 = 5;

export function openMcl(): Mcl {
  const bytes = moduleOf(readLoader());
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });

  const named = <T>(name: string): T => {
    const found = exports[name];
    assert(typeof found === "function", "the module has this function");
    // Its parameters and results are integers of 32 bits, as the interfaces above say for each.
    return found as T;
  };
  const group = (name: "G1" | "G2"): MclGroup => ({
    deserialize: named(`mclBn${name}_deserialize`),
    isValid: named(`mclBn${name}_isValid`),
    isValidOrder: named(`mclBn${name}_isValidOrder`),
    isZero: named(`mclBn${name}_isZero`),
    normalize: named(`mclBn${name}_normalize`),
    add: named(`mclBn${name}_add`),
    mul: named(`mclBn${name}_mul`),
    mulCT: named(`mclBn${name}_mulCT`),
  });
  const call = (name: string, ...args: readonly number[]): number =>
    named<(...args: readonly number[]) => number>(name)(...args);

  call("__wasm_call_ctors");
  assert(call("mclBn_init", BLS12_381, COMPILED_FOR) === 0, "the module knows the curve");
  // Big-endian, with the flags of the curve's usual encoding.
  call("mclBn_setETHserialization", 1);
  assert(call("mclBn_setMapToMode", MAP_BY_RFC_9380) === 0, "the module maps as we do");
  // Membership of the subgroup is asked for where it is needed, by `isValidOrder`.
  call("mclBn_verifyOrderG1", 0);
  call("mclBn_verifyOrderG2", 0);
  return {
    memory: new Uint8Array(memory.buffer),
    alloc: named("stackAlloc"),
    g1: group("G1"),
    g2: group("G2"),
    scalar: named("mclBnFr_deserialize"),
    field: named("mclBnFp_deserialize"),
    fieldBytes: named("mclBnFp_serialize"),
    reduceToField: named("mclBnFp_setBigEndianMod"),
    mapToG1: named("mclBnFp_mapToG1"),
    millerLoop: named("mclBn_millerLoopVec"),
    finalExponentiation: named("mclBn_finalExp"),
    isOne: named("mclBnGT_isOne"),
  };
}

function readLoader(): string {
  const path = createRequire(import.meta.url).resolve("mcl-wasm/dist/mcl_c.js");
  return readFileSync(path, "latin1");
}

/** @throws PhaError `crypto/unknown-binary` */
export function moduleOf(loader: string): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(WASM_LITERAL.exec(loader)?.[1] ?? "", "base64");
  const hash = createHash("sha256").update(bytes).digest("hex");
  if (hash !== WASM_SHA256)
    throw new PhaError("crypto/unknown-binary", "the installed mcl-wasm is not the pinned one", {
      facts: { hash, pinned: WASM_SHA256 },
      hint: "Install dependencies from the lockfile: npm ci.",
    });
  return bytes;
}
