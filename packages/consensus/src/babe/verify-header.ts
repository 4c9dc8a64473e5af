/**
 * Verifies that a header's author had the right to its slot and sealed it.
 *
 * **Bounds**: one signature and one VRF proof; cheap checks first. **Trust**: the header is hostile; epoch, parent's
 * slot and clock are the caller's. **Not here**: which epoch a slot belongs to (`epochForSlot`), and whether announced
 * epochs are right, which the runtime decides.
 */
import { blake2b256, sr25519Verify, type VrfOutput, vrfVerifyBabe } from "@pha/crypto";
import { type DecodeError, decode, fail, ok, type Result } from "@pha/scale";
import type { Authority } from "../authorities.ts";
import { encodeHeader, type Header } from "../header.ts";
import { isBelowThreshold, secondaryAuthor, slotVrfInput, vrfValueOf } from "./claim.ts";
import { BABE_ENGINE, BabePreDigest } from "./digest.ts";
import type { BabeEpoch } from "./epoch.ts";

export type BabeError =
  | { readonly code: "babe/no-seal" }
  | { readonly code: "babe/no-pre-digest" }
  | { readonly code: "babe/repeated-pre-digest" }
  | { readonly code: "babe/bad-pre-digest"; readonly cause: DecodeError }
  | { readonly code: "babe/slot-outside-epoch"; readonly slot: bigint }
  | {
      readonly code: "babe/slot-not-increasing";
      readonly slot: bigint;
      readonly parentSlot: bigint;
    }
  | { readonly code: "babe/slot-in-future"; readonly slot: bigint; readonly nowSlot: bigint }
  | { readonly code: "babe/unknown-authority"; readonly authorityIndex: number }
  | { readonly code: "babe/claim-not-allowed"; readonly claim: BabePreDigest["type"] }
  | {
      readonly code: "babe/wrong-secondary-author";
      readonly expected: number;
      readonly actual: number;
    }
  | { readonly code: "babe/bad-seal" }
  | { readonly code: "babe/bad-vrf" }
  | { readonly code: "babe/above-threshold" };

/** Verifies what costs much; the caller may know a verdict already. */
export interface BabeVerifier {
  readonly seal: typeof sr25519Verify;
  readonly vrf: typeof vrfVerifyBabe;
}

const AT_ONCE: BabeVerifier = { seal: sr25519Verify, vrf: vrfVerifyBabe };

export interface BabeHeaderInput {
  readonly header: Header;
  /** Epoch of the header's slot, skipped epochs counted (`epochForSlot`). */
  readonly epoch: BabeEpoch;
  /** Slot of the parent; leave out for the first block of a chain only. */
  readonly parentSlot?: bigint;
  /** Latest slot that may have begun; without it any later slot is taken. */
  readonly nowSlot?: bigint;
  /** @default verifies at once */
  readonly verifier?: BabeVerifier | undefined;
}

/** Author and claim of a header that was verified. */
export interface VerifiedClaim {
  readonly slot: bigint;
  readonly authorityIndex: number;
  readonly primary: boolean;
  /** Absent in secondary plain claims. */
  readonly vrf: VrfOutput | undefined;
}

export function verifyBabeHeader({
  header,
  epoch,
  parentSlot,
  nowSlot,
  verifier = AT_ONCE,
}: BabeHeaderInput): Result<VerifiedClaim, BabeError> {
  const seal = babeSealOf(header);
  if (seal === undefined) return fail({ code: "babe/no-seal" });
  const claim = babePreDigestOf(header);
  if (!claim.ok) return claim;
  const { slot, authorityIndex } = claim.value.value;
  if (slot < epoch.startSlot || slot >= epoch.startSlot + epoch.duration)
    return fail({ code: "babe/slot-outside-epoch", slot });
  if (parentSlot !== undefined && slot <= parentSlot)
    return fail({ code: "babe/slot-not-increasing", slot, parentSlot });
  if (nowSlot !== undefined && slot > nowSlot)
    return fail({ code: "babe/slot-in-future", slot, nowSlot });
  const author = epoch.authorities[authorityIndex];
  if (author === undefined) return fail({ code: "babe/unknown-authority", authorityIndex });
  const turn = checkTurn(claim.value, epoch);
  if (!turn.ok) return turn;
  if (!verifier.seal(author.key, sealPayload(header), seal)) return fail({ code: "babe/bad-seal" });
  return verifyClaim(claim.value, epoch, author, verifier);
}

/** The header's BABE pre-runtime digest; exactly one is allowed. */
export function babePreDigestOf(header: Header): Result<BabePreDigest, BabeError> {
  let data: Uint8Array | undefined;
  for (const item of header.digest) {
    if (item.type !== "PreRuntime" || item.value.engine !== BABE_ENGINE) continue;
    if (data) return fail({ code: "babe/repeated-pre-digest" });
    data = item.value.data;
  }
  if (data === undefined) return fail({ code: "babe/no-pre-digest" });
  const decoded = decode(BabePreDigest, data);
  return decoded.ok ? decoded : fail({ code: "babe/bad-pre-digest", cause: decoded.error });
}

/** Signature in the last digest item, the only one that may be a seal. */
export function babeSealOf(header: Header): Uint8Array | undefined {
  const last = header.digest.at(-1);
  if (last?.type !== "Seal" || last.value.engine !== BABE_ENGINE) return undefined;
  if (header.digest.findIndex(({ type }) => type === "Seal") !== header.digest.length - 1)
    return undefined;
  return last.value.data.length === 64 ? last.value.data : undefined;
}

/** What the author signs: the hash of the header without its seal, 32 bytes. */
export function sealPayload(header: Header): Uint8Array {
  const last = header.digest.at(-1);
  const unsealed =
    last?.type === "Seal" ? { ...header, digest: header.digest.slice(0, -1) } : header;
  return blake2b256(encodeHeader(unsealed));
}

function checkTurn(claim: BabePreDigest, epoch: BabeEpoch): Result<undefined, BabeError> {
  const { allowedSlots } = epoch.config;
  const { slot, authorityIndex } = claim.value;
  switch (claim.type) {
    case "Primary":
      return ok(undefined);
    case "SecondaryPlain":
      if (allowedSlots !== 1) return fail({ code: "babe/claim-not-allowed", claim: claim.type });
      break;
    case "SecondaryVrf":
      if (allowedSlots !== 2) return fail({ code: "babe/claim-not-allowed", claim: claim.type });
      break;
  }
  const expected = secondaryAuthor(epoch.randomness, slot, epoch.authorities.length);
  return expected === authorityIndex
    ? ok(undefined)
    : fail({ code: "babe/wrong-secondary-author", expected, actual: authorityIndex });
}

function verifyClaim(
  claim: BabePreDigest,
  epoch: BabeEpoch,
  author: Authority,
  verifier: BabeVerifier,
): Result<VerifiedClaim, BabeError> {
  const { slot, authorityIndex } = claim.value;
  if (claim.type === "SecondaryPlain")
    return ok({ slot, authorityIndex, primary: false, vrf: undefined });
  const { vrf } = claim.value;
  const input = slotVrfInput(epoch, slot);
  if (!verifier.vrf(author.key, input, vrf)) return fail({ code: "babe/bad-vrf" });
  const primary = claim.type === "Primary";
  if (
    primary &&
    !isBelowThreshold(epoch, authorityIndex, vrfValueOf(author.key, input, vrf.preOutput))
  )
    return fail({ code: "babe/above-threshold" });
  return ok({ slot, authorityIndex, primary, vrf });
}
