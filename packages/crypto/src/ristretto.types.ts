/**
 * Arithmetic on ristretto255 with public values: `#ristretto` resolves to `ristretto.node.ts` under Node and to
 * `ristretto.web.ts` elsewhere; the compiler sees this file. Both give the same bytes on every input
 * (`ristretto.test.ts`).
 */
export interface Ristretto {
  /**
   * `base·B + Σ scalar·point`, encoded; `undefined` when a point is not the canonical encoding of one.
   *
   * The time depends on all inputs: nothing here may be secret.
   */
  readonly sumOfProducts: (base: bigint, terms: readonly Product[]) => Uint8Array | undefined;
  /** The encoded point that 64 uniform bytes are mapped to. */
  readonly fromUniform: (bytes: Uint8Array) => Uint8Array;
  /** Terms of one sum from which on it is cheaper than as many sums of one; none where it never is. */
  readonly batches: boolean;
}

export interface Product {
  /** From 0 up to the group order. */
  readonly scalar: bigint;
  /** 32 bytes. */
  readonly point: Uint8Array;
}

export declare const ristretto: Ristretto;
