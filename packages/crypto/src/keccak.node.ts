/**
 * Keccak-f[1600] as a WebAssembly module put together here: lanes of 64 bits are what JavaScript lacks, and transcripts
 * of signatures spend most of their time in it.
 *
 * @see FIPS 202 §3.2, §3.3
 */
import { leb, OP, sleb, VOID, wasmModule } from "./wasm-bytes.node.ts";

const ROUNDS = 24;
const STATE_BYTES = 200;
/** Constants of the rounds lie behind the state. */
const MEMORY_BYTES = STATE_BYTES + 8 * ROUNDS;

let opened: Opened | undefined;

interface Opened {
  readonly state: Uint32Array;
  readonly run: (round: number) => void;
}

export function permute(words: Uint32Array): void {
  opened ??= open();
  opened.state.set(words);
  opened.run(STATE_BYTES);
  words.set(opened.state);
}

function open(): Opened {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const code = permutation();
  const module = new WebAssembly.Module(
    wasmModule([{ name: "f", parameters: 1, variables: VARIABLES, code }], 1),
  );
  const { f } = new WebAssembly.Instance(module, { m: { m: memory } }).exports;
  if (typeof f !== "function") throw new TypeError("the module lacks its function");
  new BigUint64Array(memory.buffer, STATE_BYTES, ROUNDS).set(roundConstants());
  return {
    state: new Uint32Array(memory.buffer, 0, STATE_BYTES / 4),
    // An export of WebAssembly is a function of numbers.
    run: f as (round: number) => void,
  };
}

/** The parameter: where the constant of the round is. */
const AT = 0;
const a = (lane: number): number => 1 + lane;
const b = (lane: number): number => 26 + lane;
const c = (column: number): number => 51 + column;
const VARIABLES = 55;

function permutation(): number[] {
  const code: number[] = [];
  for (let i = 0; i < 25; i++) code.push(OP.i32Const, 0, OP.load, 3, ...leb(8 * i), OP.set, a(i));
  code.push(OP.loop, VOID, ...theta(), ...rhoAndPi(), ...chi());
  code.push(OP.get, a(0), OP.get, AT, OP.load, 3, 0, OP.i64Xor, OP.set, a(0));
  code.push(OP.get, AT, OP.i32Const, 8, OP.i32Add, OP.tee, AT);
  code.push(OP.i32Const, ...sleb(MEMORY_BYTES), OP.i32Sub, OP.brIf, 0, OP.end);
  for (let i = 0; i < 25; i++) code.push(OP.i32Const, 0, OP.get, a(i), OP.store, 3, ...leb(8 * i));
  return code;
}

/** A lane gets the parity of the columns beside its own. */
function theta(): number[] {
  const code: number[] = [];
  for (let x = 0; x < 5; x++) {
    code.push(OP.get, a(x));
    for (let y = 1; y < 5; y++) code.push(OP.get, a(x + 5 * y), OP.i64Xor);
    code.push(OP.set, c(x));
  }
  for (let x = 0; x < 5; x++)
    for (let y = 0; y < 5; y++) {
      code.push(OP.get, a(x + 5 * y), OP.get, c((x + 4) % 5), OP.i64Xor);
      code.push(OP.get, c((x + 1) % 5), OP.i64Const, 1, OP.i64Rotl, OP.i64Xor);
      code.push(OP.set, a(x + 5 * y));
    }
  return code;
}

/** Lanes are turned, each by its own number of bits, and change places. */
function rhoAndPi(): number[] {
  const code = [OP.get, a(0), OP.set, b(0)];
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    const turn = (((t + 1) * (t + 2)) / 2) % 64;
    const to = y + 5 * ((2 * x + 3 * y) % 5);
    code.push(OP.get, a(x + 5 * y), OP.i64Const, ...sleb(turn), OP.i64Rotl, OP.set, b(to));
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return code;
}

function chi(): number[] {
  const code: number[] = [];
  for (let y = 0; y < 5; y++)
    for (let x = 0; x < 5; x++) {
      const lane = (by: number): number => b(((x + by) % 5) + 5 * y);
      code.push(OP.get, lane(0), OP.get, lane(1), OP.i64Const, ...sleb(-1), OP.i64Xor);
      code.push(OP.get, lane(2), OP.i64And, OP.i64Xor, OP.set, a(x + 5 * y));
    }
  return code;
}

/** From the shift register of FIPS 202 §3.2.5. */
function roundConstants(): bigint[] {
  let register = 1;
  const nextBit = (): bigint => {
    const bit = BigInt(register & 1);
    register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
    return bit;
  };
  return Array.from({ length: ROUNDS }, () => {
    let constant = 0n;
    for (let j = 0n; j < 7n; j++) constant |= nextBit() << ((1n << j) - 1n);
    return constant;
  });
}
