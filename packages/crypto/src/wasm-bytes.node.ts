/** The binary format of WebAssembly modules that are put together here. */

/** Types of values. */
export const I32 = 0x7f;
export const I64 = 0x7e;

/** Instructions. */
export const OP = {
  if: 0x04,
  loop: 0x03,
  brIf: 0x0d,
  end: 0x0b,
  call: 0x10,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  load: 0x29,
  store: 0x37,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64And: 0x83,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64Shr: 0x87,
  i64Rotl: 0x89,
} as const;

/** A block without a value. */
export const VOID = 0x40;

export interface WasmFunction {
  readonly name: string;
  /** How many, all of them i32; there is no result. */
  readonly parameters: number;
  /** Variables of type i64, after the parameters. */
  readonly variables: number;
  readonly code: readonly number[];
}

/** A module with one memory of so many pages of 64 KiB, imported as `m.m`, that exports its functions by their names. */
export function wasmModule(
  functions: readonly WasmFunction[],
  pages: number,
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [
    0x60,
    ...vector(Array.from({ length: parameters }, () => [I32])),
    0,
  ]);
  const bodies = functions.map(({ variables, code }) =>
    sized([...(variables === 0 ? [0] : [1, ...leb(variables), I64]), ...code, OP.end]),
  );
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([[...text("m"), ...text("m"), 2, 1, ...leb(pages), ...leb(pages)]])),
    ...section(3, vector(functions.map((_, i) => leb(i)))),
    ...section(7, vector(functions.map(({ name }, i) => [...text(name), 0, ...leb(i)]))),
    ...section(10, vector(bodies)),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function sized(content: readonly number[]): number[] {
  return [...leb(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

function text(value: string): number[] {
  return sized(Array.from(value, (char) => char.charCodeAt(0)));
}

/** Unsigned, seven bits a byte, the lowest first. */
export function leb(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >>> 7;
  return rest === 0 ? [low] : [low | 0x80, ...leb(rest)];
}

/** Signed. */
export function sleb(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...sleb(rest)];
}
