/** Span of blocks in which a transaction is valid. */
import { assert, type Codec, DecodeFailure, type Shape } from "@pha/scale";

export type Era =
  | { readonly type: "Immortal" }
  | {
      readonly type: "Mortal";
      /** Blocks; a power of two from 4 to 65,536. */
      readonly period: number;
      /** First block modulo the period; a multiple of period / 4096. */
      readonly phase: number;
    };

export const IMMORTAL: Era = { type: "Immortal" };

const U8: Shape = { kind: "primitive", primitive: "u8" };

/** The 256 variants by which tools know the type: the first byte, and the second as a field. */
const ERA_SHAPE: Shape = {
  kind: "variant",
  path: ["sp_runtime", "generic", "era", "Era"],
  variants: Array.from({ length: 256 }, (_, index) =>
    index === 0
      ? { name: "Immortal", index, fields: [] }
      : { name: `Mortal${index}`, index, fields: [{ shape: U8 }] },
  ),
};

export const Era: Codec<Era> = {
  shape: ERA_SHAPE,
  minBytes: 1,
  write(writer, era) {
    if (era.type === "Immortal") {
      writer.u8(0);
      return;
    }
    const { period, phase } = era;
    const log = 31 - Math.clz32(period);
    assert(period === 1 << log && log >= 2 && log <= 16, "a period is a power of two, 4 to 65536");
    const step = quantum(period);
    assert(phase < period && phase % step === 0, "a phase is a multiple below the period");
    writer.u16((log - 1) | ((phase / step) << 4));
  },
  read(reader) {
    const first = reader.u8();
    if (first === 0) return IMMORTAL;
    const encoded = first | (reader.u8() << 8);
    const period = 2 << (encoded & 15);
    const phase = (encoded >> 4) * quantum(period);
    if (period < 4 || phase >= period) throw new DecodeFailure("not-canonical");
    return { type: "Mortal", period, phase };
  },
};

function quantum(period: number): number {
  return period >> 12 > 1 ? period >> 12 : 1;
}

/** Era of about `period` blocks that includes block `current`. */
export function mortalEra(period: number, current: number): Era {
  let power = 4;
  while (power < period && power < 65536) power *= 2;
  const step = quantum(power);
  return { type: "Mortal", period: power, phase: Math.floor((current % power) / step) * step };
}

/** Block whose hash the signer signs: the first of the era, 0 when immortal. */
export function eraBirth(era: Era, current: number): number {
  if (era.type === "Immortal") return 0;
  const from = Math.max(current, era.phase);
  return Math.floor((from - era.phase) / era.period) * era.period + era.phase;
}

/** First block in which the transaction is not valid any more; `undefined` when immortal. */
export function eraDeath(era: Era, current: number): number | undefined {
  return era.type === "Immortal" ? undefined : eraBirth(era, current) + era.period;
}
