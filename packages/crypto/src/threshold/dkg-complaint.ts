/**
 * Complaints: a seat shows that a dealer sent it a wrong share, by publishing their Diffie–Hellman value.
 *
 * A Chaum–Pedersen proof shows that the value is right, so anyone can decrypt that one ciphertext and judge: the dealer
 * is guilty when it does not hold the committed share, the complainer otherwise. The value opens nothing else, because a
 * dealer has proved to know its ephemeral scalar (see `dkg-dealing.ts`).
 *
 * Legend: S = sk·E shared point, pk = sk·G₁, k nonce, c challenge, z = k + c·sk.
 *
 * **Bounds**: 98 bytes.
 * **Trust**: the complaint is hostile; the dealing has passed `verifyDealing`; that `complainer` is who sent the message
 * is the caller's check.
 */
import {
  type Codec,
  concatBytes,
  equalBytes,
  fail,
  fixedBytes,
  ok,
  type Result,
  struct,
  u8,
} from "@pha/scale";
import { bigEndian } from "../big-endian.ts";
import { SCALAR_BYTES } from "../bls-half.ts";
import {
  decodeG1,
  encodeG1,
  G1_BASE,
  G1_BYTES,
  type G1Point,
  multiplyPublicG1,
  multiplySecretG1,
  subtractG1,
} from "./bls.ts";
import { CHALLENGE_BYTES, type Dealing, decodeDealing, decryptShare } from "./dkg-dealing.ts";
import { isCommittedShare } from "./dkg-share.ts";
import { THRESHOLD_DOMAINS } from "./domains.ts";
import { challengeBytes } from "./hash.ts";
import { deriveScalar, reduce, scalarFromBytes, scalarToBytes, secretScalar } from "./scalar.ts";

export interface DealingComplaint {
  readonly dealer: number;
  readonly complainer: number;
  /** S, 48 bytes. */
  readonly sharedPoint: Uint8Array;
  /** c, 16 bytes. */
  readonly challenge: Uint8Array;
  /** z, 32 bytes. */
  readonly response: Uint8Array;
}

export const DealingComplaint: Codec<DealingComplaint> = struct(
  {
    dealer: u8,
    complainer: u8,
    sharedPoint: fixedBytes(G1_BYTES),
    challenge: fixedBytes(CHALLENGE_BYTES),
    response: fixedBytes(SCALAR_BYTES),
  },
  { path: ["pha_crypto", "threshold", "DealingComplaint"] },
);

export interface MakeComplaintInput {
  /** Of `dkgContext`, 32 bytes. */
  readonly context: Uint8Array;
  readonly dealing: Dealing;
  /** Seat that complains. */
  readonly seat: number;
  /** Scalar, 32 bytes. */
  readonly oneTimeSecret: Uint8Array;
  /** 32 fresh random bytes. */
  readonly entropy: Uint8Array;
}

export type MakeComplaintError = { readonly code: "dkg/bad-point"; readonly dealer: number };

/** Does not ask whether the share is wrong; a false complaint convicts its author. */
export function makeComplaint(
  input: MakeComplaintInput,
): Result<DealingComplaint, MakeComplaintError> {
  const { context, dealing, seat: complainer } = input;
  const { dealer } = dealing;
  const ephemeral = decodeG1(dealing.ephemeral);
  if (ephemeral === undefined) return fail({ code: "dkg/bad-point", dealer });
  const secret = secretScalar(input.oneTimeSecret);
  const sharedPoint = encodeG1(multiplySecretG1(ephemeral, secret));
  const statement = [
    context,
    Uint8Array.of(dealer, complainer),
    dealing.ephemeral,
    encodeG1(multiplySecretG1(G1_BASE, secret)),
    sharedPoint,
  ];
  const seed = concatBytes(input.entropy, input.oneTimeSecret);
  const k = deriveScalar(THRESHOLD_DOMAINS.equalityNonce, seed, statement);
  seed.fill(0);
  const challenge = equalityChallenge(
    statement,
    multiplySecretG1(G1_BASE, k),
    multiplySecretG1(ephemeral, k),
  );
  const response = scalarToBytes(reduce(k + bigEndian(challenge) * secret));
  return ok({ dealer, complainer, sharedPoint, challenge, response });
}

export type ComplaintVerdict = "dealer-guilty" | "complainer-guilty";

export interface JudgeComplaintInput {
  /** Of `dkgContext`, 32 bytes. */
  readonly context: Uint8Array;
  readonly dealing: Dealing;
  readonly complaint: DealingComplaint;
  /** Of the complaining seat, 48 bytes. */
  readonly oneTimePublicKey: Uint8Array;
}

/** A complaint that proves nothing convicts whoever sent it. */
export function judgeComplaint(input: JudgeComplaintInput): ComplaintVerdict {
  const { context, dealing, complaint } = input;
  const points = decodeDealing(dealing);
  if (points === undefined) return "dealer-guilty";
  const sharedPoint = decodeG1(complaint.sharedPoint);
  const key = decodeG1(input.oneTimePublicKey);
  const z = scalarFromBytes(complaint.response);
  if (
    complaint.dealer !== dealing.dealer ||
    sharedPoint === undefined ||
    key === undefined ||
    z === undefined
  )
    return "complainer-guilty";
  const c = bigEndian(complaint.challenge);
  const expected = equalityChallenge(
    [
      context,
      Uint8Array.of(complaint.dealer, complaint.complainer),
      dealing.ephemeral,
      input.oneTimePublicKey,
      complaint.sharedPoint,
    ],
    subtractG1(multiplySecretG1(G1_BASE, z), multiplyPublicG1(key, c)),
    subtractG1(multiplyPublicG1(points.ephemeral, z), multiplyPublicG1(sharedPoint, c)),
  );
  if (!equalBytes(expected, complaint.challenge)) return "complainer-guilty";
  const seat = complaint.complainer;
  const share = decryptShare({ context, dealing, seat, sharedPoint });
  if (share === undefined) return "complainer-guilty";
  return isCommittedShare(share, seat, points.commitments) ? "complainer-guilty" : "dealer-guilty";
}

function equalityChallenge(
  statement: readonly Uint8Array[],
  onBase: G1Point,
  onEphemeral: G1Point,
): Uint8Array {
  return challengeBytes(THRESHOLD_DOMAINS.equality, [
    ...statement,
    encodeG1(onBase),
    encodeG1(onEphemeral),
  ]);
}
