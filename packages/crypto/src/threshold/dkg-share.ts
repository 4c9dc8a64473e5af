/**
 * One share inside a dealing: a pad from the Diffie–Hellman value of the dealing's ephemeral key and a seat's one-time
 * key.
 *
 * The pad is used once and the share is checked against the dealer's commitments, so a tag would add nothing: whatever
 * the ciphertext decrypts to is either the committed share or grounds for a complaint.
 */
import { SCALAR_BYTES } from "../bls-half.ts";
import { encodeG1, equalG2, type G1Point, G2_BASE, type G2Point, multiplySecretG2 } from "./bls.ts";
import { THRESHOLD_DOMAINS } from "./domains.ts";
import { deriveBytes } from "./hash.ts";
import { scalarFromBytes } from "./scalar.ts";
import { evaluateCommitments } from "./seats.ts";

export interface SharePadInput {
  readonly context: Uint8Array;
  readonly dealer: number;
  readonly seat: number;
  readonly ephemeral: Uint8Array;
  /** `r · pk = sk · E`. */
  readonly sharedPoint: G1Point;
}

/** Encrypts or decrypts a share. */
export function padShare(input: SharePadInput, share: Uint8Array): Uint8Array {
  const pad = deriveBytes(
    THRESHOLD_DOMAINS.sharePad,
    encodeG1(input.sharedPoint),
    [input.context, Uint8Array.of(input.dealer, input.seat), input.ephemeral],
    SCALAR_BYTES,
  );
  for (let i = 0; i < SCALAR_BYTES; i++) pad[i] = (pad[i] ?? 0) ^ (share[i] ?? 0);
  return pad;
}

/** Is it the value at this seat of the polynomial behind the commitments? */
export function isCommittedShare(
  share: Uint8Array,
  seat: number,
  commitments: readonly G2Point[],
): boolean {
  const scalar = scalarFromBytes(share);
  return (
    scalar !== undefined &&
    equalG2(multiplySecretG2(G2_BASE, scalar), evaluateCommitments(commitments, seat))
  );
}
