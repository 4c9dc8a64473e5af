/** What the halves of BLS12-381 have in common: the functions they supply, and the sizes of what goes in and out. */
import type { Backend } from "./backend.types.ts";

export type BlsHalf = Pick<Backend, Extract<keyof Backend, `bls${string}`>>;

/** Bytes of an element of the base field. */
export const FIELD_BYTES = 48;
export const SCALAR_BYTES = 32;
/** Bytes of points as the halves take them: affine coordinates. */
export const AFFINE_G1_BYTES = 2 * FIELD_BYTES;
export const AFFINE_G2_BYTES = 4 * FIELD_BYTES;
/** Bytes of an element of the target group. */
export const GT_BYTES = 12 * FIELD_BYTES;
/** Bytes from which an element of the base field is reduced when a hash is mapped to it. */
export const UNIFORM_BYTES = 64;
/** Pairs of one product. */
export const MAX_PAIRS = 4;
