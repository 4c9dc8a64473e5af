/** Of a ciphertext, as the network holds it. */
export interface SealedFacts {
  readonly bytes: number;
  /** blake2b-256, in hex. */
  readonly hash: string;
  /** First bytes, in hex. */
  readonly begins: string;
  readonly isWhole: boolean;
}
