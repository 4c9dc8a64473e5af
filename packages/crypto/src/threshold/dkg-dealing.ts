/**
 * A dealing: one seat's contribution to the root key.
 *
 * The dealer commits in G₂ to a polynomial of degree t − 1, encrypts its value at each seat to that seat's one-time key,
 * and proves that it knows the constant term and the ephemeral scalar. The first proof keeps a late dealer from
 * cancelling the others' terms. The second keeps a dealer from reusing another dealer's ephemeral key: a seat that
 * complains publishes a Diffie–Hellman value, and that must open this dealing only.
 *
 * Legend: a_k coefficients, C_k = a_k·G₂, r ephemeral scalar, E = r·G₁, c challenge, z responses.
 *
 * **Bounds**: at most 31 commitments and 31 shares, 4 099 bytes.
 * **Trust**: a dealing is hostile until `verifyDealing`; its shares stay hostile until each seat opened its own.
 */
import {
  assert,
  type Codec,
  concatBytes,
  encode,
  equalBytes,
  fail,
  fixedBytes,
  ok,
  type Result,
  struct,
  u8,
  vec,
} from "@pha/scale";
import { bigEndian } from "../big-endian.ts";
import { SCALAR_BYTES } from "../bls-half.ts";
import {
  decodeG1,
  decodeG2,
  encodeG1,
  encodeG2,
  G1_BASE,
  G1_BYTES,
  type G1Point,
  G2_BASE,
  G2_BYTES,
  type G2Point,
  multiplyPublicG1,
  multiplyPublicG2,
  multiplySecretG1,
  multiplySecretG2,
  subtractG1,
  subtractG2,
} from "./bls.ts";
import { isCommittedShare, padShare } from "./dkg-share.ts";
import { THRESHOLD_DOMAINS } from "./domains.ts";
import { challengeBytes } from "./hash.ts";
import { deriveScalar, reduce, scalarFromBytes, scalarToBytes, secretScalar } from "./scalar.ts";
import { evaluateAtSeat, isSeat, isThreshold, MAX_SEATS } from "./seats.ts";

/** Bytes of a proof's challenge. */
export const CHALLENGE_BYTES = 16;

interface DealingStatement {
  /** Seat that deals. */
  readonly dealer: number;
  /** C_0 … C_(t−1), 96 bytes each. */
  readonly commitments: readonly Uint8Array[];
  /** E, 48 bytes. */
  readonly ephemeral: Uint8Array;
  /** Encrypted share of each seat in order, 32 bytes each. */
  readonly shares: readonly Uint8Array[];
}

export interface Dealing extends DealingStatement {
  /** c, 16 bytes. */
  readonly challenge: Uint8Array;
  /** z of the constant term, 32 bytes. */
  readonly constantResponse: Uint8Array;
  /** z of the ephemeral scalar, 32 bytes. */
  readonly ephemeralResponse: Uint8Array;
}

const statementFields = {
  dealer: u8,
  commitments: vec(fixedBytes(G2_BYTES), MAX_SEATS),
  ephemeral: fixedBytes(G1_BYTES),
  shares: vec(fixedBytes(SCALAR_BYTES), MAX_SEATS),
};
const DealingStatementCodec: Codec<DealingStatement> = struct(statementFields);

export const Dealing: Codec<Dealing> = struct(
  {
    ...statementFields,
    challenge: fixedBytes(CHALLENGE_BYTES),
    constantResponse: fixedBytes(SCALAR_BYTES),
    ephemeralResponse: fixedBytes(SCALAR_BYTES),
  },
  { path: ["pha_crypto", "threshold", "Dealing"] },
);

export interface CreateDealingInput {
  /** Of `dkgContext`, 32 bytes. */
  readonly context: Uint8Array;
  /** Seat that deals. */
  readonly seat: number;
  readonly n: number;
  readonly t: number;
  /** 32 secret bytes for this dealing only. */
  readonly polynomialSeed: Uint8Array;
  /** All n seats in order. */
  readonly recipients: readonly { readonly seat: number; readonly oneTimePublicKey: Uint8Array }[];
  /** 32 more secret bytes: ephemeral scalar and proof nonces. */
  readonly entropy: Uint8Array;
}

export type CreateDealingError = { readonly code: "dkg/bad-one-time-key"; readonly seat: number };

/** Fails only when a recipient's key is no point of G₁. */
export function createDealing(input: CreateDealingInput): Result<Dealing, CreateDealingError> {
  const { context, seat: dealer, n, t, recipients } = input;
  assert(isThreshold(n, t) && isSeat(dealer, n), "a dealer has a seat of a run");
  assert(
    recipients.length === n && recipients.every(({ seat }, i) => seat === i),
    "a dealing is for all seats in order",
  );
  const coefficients = Array.from({ length: t }, (_, k) =>
    deriveScalar(THRESHOLD_DOMAINS.polynomial, input.polynomialSeed, [context, Uint8Array.of(k)]),
  );
  const r = deriveScalar(THRESHOLD_DOMAINS.ephemeral, input.entropy, [context]);
  const ephemeral = encodeG1(multiplySecretG1(G1_BASE, r));
  const shares: Uint8Array[] = [];
  for (const { seat, oneTimePublicKey } of recipients) {
    const key = decodeG1(oneTimePublicKey);
    if (key === undefined) return fail({ code: "dkg/bad-one-time-key", seat });
    const sharedPoint = multiplySecretG1(key, r);
    const share = scalarToBytes(evaluateAtSeat(coefficients, seat));
    shares.push(padShare({ context, dealer, seat, ephemeral, sharedPoint }, share));
  }
  const commitments = coefficients.map((a) => encodeG2(multiplySecretG2(G2_BASE, a)));
  const statement = { dealer, commitments, ephemeral, shares };
  return ok({ ...statement, ...provePossession(input, statement, coefficients[0] ?? 0n, r) });
}

function provePossession(
  { context, polynomialSeed, entropy }: CreateDealingInput,
  statement: DealingStatement,
  constant: bigint,
  r: bigint,
): Omit<Dealing, keyof DealingStatement> {
  const encoded = encode(DealingStatementCodec, statement);
  const secret = concatBytes(polynomialSeed, entropy);
  const nonce = (which: number): bigint =>
    deriveScalar(THRESHOLD_DOMAINS.possessionNonce, secret, [
      context,
      encoded,
      Uint8Array.of(which),
    ]);
  const constantNonce = nonce(0);
  const ephemeralNonce = nonce(1);
  secret.fill(0);
  const challenge = possessionChallenge(
    context,
    encoded,
    multiplySecretG2(G2_BASE, constantNonce),
    multiplySecretG1(G1_BASE, ephemeralNonce),
  );
  const c = bigEndian(challenge);
  return {
    challenge,
    constantResponse: scalarToBytes(reduce(constantNonce + c * constant)),
    ephemeralResponse: scalarToBytes(reduce(ephemeralNonce + c * r)),
  };
}

function possessionChallenge(
  context: Uint8Array,
  statement: Uint8Array,
  constantCommitment: G2Point,
  ephemeralCommitment: G1Point,
): Uint8Array {
  return challengeBytes(THRESHOLD_DOMAINS.possession, [
    context,
    statement,
    encodeG2(constantCommitment),
    encodeG1(ephemeralCommitment),
  ]);
}

/** Points of a dealing whose encodings were checked; for use inside this folder. */
export interface DealingPoints {
  readonly commitments: readonly G2Point[];
  readonly ephemeral: G1Point;
}

export type DealingError =
  | { readonly code: "dkg/wrong-shape"; readonly dealer: number }
  | { readonly code: "dkg/bad-point"; readonly dealer: number }
  | { readonly code: "dkg/bad-possession"; readonly dealer: number };

export interface VerifyDealingInput {
  /** Of `dkgContext`, 32 bytes. */
  readonly context: Uint8Array;
  readonly n: number;
  readonly t: number;
  readonly dealing: Dealing;
}

/** Everything about a dealing that can be checked without a secret; who sent it is the caller's check. */
export function verifyDealing(input: VerifyDealingInput): Result<undefined, DealingError> {
  const points = verifyDealingPoints(input);
  return points.ok ? ok(undefined) : points;
}

export function verifyDealingPoints({
  context,
  n,
  t,
  dealing,
}: VerifyDealingInput): Result<DealingPoints, DealingError> {
  const { dealer } = dealing;
  if (!isSeat(dealer, n) || dealing.commitments.length !== t || dealing.shares.length !== n)
    return fail({ code: "dkg/wrong-shape", dealer });
  const points = decodeDealing(dealing);
  if (points === undefined) return fail({ code: "dkg/bad-point", dealer });
  const constant = points.commitments[0];
  const zConstant = scalarFromBytes(dealing.constantResponse);
  const zEphemeral = scalarFromBytes(dealing.ephemeralResponse);
  if (constant === undefined || zConstant === undefined || zEphemeral === undefined)
    return fail({ code: "dkg/bad-possession", dealer });
  const c = bigEndian(dealing.challenge);
  const expected = possessionChallenge(
    context,
    encode(DealingStatementCodec, dealing),
    subtractG2(multiplySecretG2(G2_BASE, zConstant), multiplyPublicG2(constant, c)),
    subtractG1(multiplySecretG1(G1_BASE, zEphemeral), multiplyPublicG1(points.ephemeral, c)),
  );
  return equalBytes(expected, dealing.challenge)
    ? ok(points)
    : fail({ code: "dkg/bad-possession", dealer });
}

/** Points of a dealing, or `undefined` when one is not canonical or not in its group. */
export function decodeDealing(dealing: Dealing): DealingPoints | undefined {
  const ephemeral = decodeG1(dealing.ephemeral);
  if (ephemeral === undefined) return undefined;
  const commitments: G2Point[] = [];
  for (const encoded of dealing.commitments) {
    const commitment = decodeG2(encoded);
    if (commitment === undefined) return undefined;
    commitments.push(commitment);
  }
  return { commitments, ephemeral };
}

export type OpenDealingError =
  | { readonly code: "dkg/bad-point"; readonly dealer: number }
  | { readonly code: "dkg/bad-share"; readonly dealer: number };

export interface OpenDealingInput {
  /** Of `dkgContext`, 32 bytes. */
  readonly context: Uint8Array;
  readonly dealing: Dealing;
  /** Seat that opens. */
  readonly seat: number;
  /** Scalar, 32 bytes. */
  readonly oneTimeSecret: Uint8Array;
}

/** The seat's share (32 bytes), checked against the commitments; the error names the dealer. */
export function openDealingShare(input: OpenDealingInput): Result<Uint8Array, OpenDealingError> {
  const points = decodeDealing(input.dealing);
  if (points === undefined) return fail({ code: "dkg/bad-point", dealer: input.dealing.dealer });
  return openWithPoints(input, points);
}

export function openWithPoints(
  { context, dealing, seat, oneTimeSecret }: OpenDealingInput,
  points: DealingPoints,
): Result<Uint8Array, OpenDealingError> {
  const sharedPoint = multiplySecretG1(points.ephemeral, secretScalar(oneTimeSecret));
  const share = decryptShare({ context, dealing, seat, sharedPoint });
  return share !== undefined && isCommittedShare(share, seat, points.commitments)
    ? ok(share)
    : fail({ code: "dkg/bad-share", dealer: dealing.dealer });
}

/** Candidate share of a seat; `undefined` when the dealing has none for it. */
export function decryptShare(input: {
  readonly context: Uint8Array;
  readonly dealing: Dealing;
  readonly seat: number;
  readonly sharedPoint: G1Point;
}): Uint8Array | undefined {
  const { context, dealing, seat, sharedPoint } = input;
  const encrypted = dealing.shares[seat];
  if (encrypted === undefined) return undefined;
  const { dealer, ephemeral } = dealing;
  return padShare({ context, dealer, seat, ephemeral, sharedPoint }, encrypted);
}
