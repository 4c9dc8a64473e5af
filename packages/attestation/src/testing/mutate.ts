/** Changes of evidence: one byte at a time, or any that a seed stands for. */
import { env, stderr } from "node:process";

/** Every position in the long form; else a fixed sample of `most`, spread evenly, both ends included. */
export function positionsIn(length: number, most: number): readonly number[] {
  if (env["PHA_LONG"] === "1" || length <= most) return Array.from({ length }, (_, at) => at);
  return Array.from({ length: most }, (_, i) => Math.floor((i * (length - 1)) / (most - 1)));
}

/** One bit of the byte flipped, another one at each position. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
  return changed;
}

/** Bytes that are no evidence: noise, cuts and changes of a good sample, by seed. */
export function hostileBytes(good: Uint8Array, seed: number): Uint8Array {
  const random = seeded(seed);
  const kind = random() % 4;
  if (kind === 0) return Uint8Array.from({ length: random() % 600 }, () => random() & 255);
  if (kind === 1) return good.subarray(0, random() % good.length);
  const changed = good.slice();
  for (let i = 0; i <= random() % 8; i++) changed[random() % good.length] = random() & 255;
  return changed;
}

const FUZZ_INPUTS = 10_000;
/** Ten minutes for each parser in the long form; `PHA_FUZZ_SECONDS` says another time, with or without it. */
const FUZZ_MS = 1000 * Number(env["PHA_FUZZ_SECONDS"] ?? (env["PHA_LONG"] === "1" ? 600 : 0));

/** How long a test of the long form may take; `undefined` leaves the bound of every test. */
export const LONG_TIMEOUT_MS = env["PHA_LONG"] === "1" || FUZZ_MS > 0 ? 14_400_000 : undefined;

/** A thread that is busy for longer cannot tell the test runner that it lives. */
const BREATH_MS = 1_000;

/**
 * Seeds for the inputs of one parser: 10,000, and in the long form as many more as its time has room for. The test takes
 * `LONG_TIMEOUT_MS`. A parser that throws ends it, with the seed.
 */
export async function fuzz(run: (seed: number) => void): Promise<void> {
  const tell = (seed: number): void => {
    try {
      run(seed);
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  };
  for (let seed = 0; seed < FUZZ_INPUTS; seed++) tell(seed);
  if (FUZZ_MS === 0) return;
  const end = performance.now() + FUZZ_MS;
  let seed = FUZZ_INPUTS;
  while (performance.now() < end) {
    const breath = performance.now() + BREATH_MS;
    while (performance.now() < breath) tell(seed++);
    await new Promise((resolve) => setImmediate(resolve));
  }
  stderr.write(`${seed} inputs\n`);
}

/** Numbers of 31 bits. A linear congruential generator. */
function seeded(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 1;
  };
}
