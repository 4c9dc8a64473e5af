/**
 * Weight of dispatch: reference time in picoseconds and bytes of storage proof.
 *
 * Tables are measured by a bench on a named machine and committed; a call takes its weight from a table.
 */
import { type Codec, compact, type EnumOf, struct, u64, unit, variant, variants } from "@pha/scale";

export interface Weight {
  /** Picoseconds on the reference machine. */
  readonly refTime: bigint;
  /** Bytes of state read. */
  readonly proofSize: bigint;
}

export const Weight: Codec<Weight> = struct(
  { refTime: compact(u64), proofSize: compact(u64) },
  {
    path: ["sp_weights", "weight_v2", "Weight"],
    typeNames: { refTime: "u64", proofSize: "u64" },
  },
);

export const NO_WEIGHT: Weight = { refTime: 0n, proofSize: 0n };

export function weight(refTime: bigint, proofSize: bigint): Weight {
  return { refTime, proofSize };
}

export function addWeights(a: Weight, b: Weight): Weight {
  return { refTime: a.refTime + b.refTime, proofSize: a.proofSize + b.proofSize };
}

export function scaleWeight(a: Weight, times: bigint): Weight {
  return { refTime: a.refTime * times, proofSize: a.proofSize * times };
}

/** Of what takes `each` more for every item. */
export function linearWeight(base: Weight, each: Weight, items: number): Weight {
  return addWeights(base, scaleWeight(each, BigInt(items)));
}

/** Smaller of both in each dimension. */
export function leastWeight(a: Weight, b: Weight): Weight {
  return {
    refTime: a.refTime < b.refTime ? a.refTime : b.refTime,
    proofSize: a.proofSize < b.proofSize ? a.proofSize : b.proofSize,
  };
}

/** Where and when the weights of a table were measured. */
export interface Measurement {
  readonly machine: string;
  /** ISO date. */
  readonly date: string;
}

/** Measured weights of a pallet's calls, and of parts of calls (`per_byte`). */
export type WeightTable<N extends string = string> = Readonly<Record<N, Weight>> & {
  readonly measured: Measurement;
};

export function weightTable<N extends string>(
  measured: Measurement,
  entries: Readonly<Record<N, Weight>>,
): WeightTable<N> {
  return { ...entries, measured };
}

const dispatchClassCases = {
  Normal: variant(0, unit),
  Operational: variant(1, unit),
  Mandatory: variant(2, unit),
};
export const DispatchClassCodec: Codec<EnumOf<typeof dispatchClassCases>> = variants(
  dispatchClassCases,
  { path: ["frame_support", "dispatch", "DispatchClass"] },
);
export type DispatchClass = "Normal" | "Operational" | "Mandatory";

const paysCases = { Yes: variant(0, unit), No: variant(1, unit) };
export const PaysCodec: Codec<EnumOf<typeof paysCases>> = variants(paysCases, {
  path: ["frame_support", "dispatch", "Pays"],
});

/** What is known of a call before it runs. */
export interface DispatchInfo {
  readonly weight: Weight;
  readonly dispatchClass: DispatchClass;
  readonly paysFee: boolean;
}

/** What a call may correct after it ran: a smaller weight, no fee. */
export interface PostDispatch {
  readonly weight?: Weight;
  readonly paysFee?: boolean;
}

export const DispatchInfoCodec: Codec<DispatchInfo> = mapInfo();

function mapInfo(): Codec<DispatchInfo> {
  const raw = struct(
    { weight: Weight, class: DispatchClassCodec, paysFee: PaysCodec },
    {
      path: ["frame_support", "dispatch", "DispatchInfo"],
      typeNames: { weight: "Weight", class: "DispatchClass", paysFee: "Pays" },
    },
  );
  return {
    shape: raw.shape,
    minBytes: raw.minBytes,
    write: (w, v) =>
      raw.write(w, {
        weight: v.weight,
        class: { type: v.dispatchClass, value: undefined },
        paysFee: { type: v.paysFee ? "Yes" : "No", value: undefined },
      }),
    read: (r) => {
      const value = raw.read(r);
      return {
        weight: value.weight,
        dispatchClass: value.class.type,
        paysFee: value.paysFee.type === "Yes",
      };
    },
  };
}
