/**
 * Verification of Android key attestation: Google's root → certificates of the device → leaf with the key description.
 *
 * The description must be in the leaf and nowhere else. A device can sign certificates with a key that it attests, so a
 * description that stands below another one is the word of that key's owner: the one nearest to the root is the only one
 * that the secure world wrote.
 *
 * **Trust**: the chain is hostile; roots are pinned by key (`roots.ts`); the status list and the time come from the
 * verifier's chain. **Not here**: what policy must demand of lock, boot state and patch levels.
 *
 * @see Android attestation "Verifying"
 */
import { equalBytes, fail, ok, type Result, toHex } from "@pha/scale";
import type { Unchecked } from "../policy/policy.ts";
import {
  type Certificate,
  type CertificateUnparsable,
  KEY_USAGE_BIT,
  parseCertificate,
} from "../x509/certificate.ts";
import { anchorOf, type PathError, type TrustAnchor, verifyPath } from "../x509/chain.ts";
import { verifySigned } from "../x509/public-key.ts";
import {
  KEY_DESCRIPTION,
  type KeyDescription,
  type KeyDescriptionError,
  parseKeyDescription,
} from "./parse.ts";
import type { AndroidRoot } from "./roots.ts";
import { type AndroidStatus, type AndroidStatusList, statusOf } from "./status-list.ts";

export const MAX_ANDROID_CHAIN = 7;

export interface VerifyAndroidInput {
  /** DER, leaf first, root last. */
  readonly chain: readonly Uint8Array[];
  /** What is trusted without proof: `GOOGLE_ROOTS`, or those of a test. */
  readonly roots: readonly AndroidRoot[];
  /** Unix milliseconds. */
  readonly now: bigint;
  readonly revocation: AndroidRevocation;
}

/** Status of a serial number, or why none is looked at. */
export type AndroidRevocation = { readonly statusList: Pick<AndroidStatusList, "get"> } | Unchecked;

export interface AndroidFacts extends KeyDescription {
  /** DER of SubjectPublicKeyInfo: the attested key. */
  readonly publicKeyInfo: Uint8Array;
  /** Of every certificate, leaf first: `toHex` of the magnitude. */
  readonly serials: readonly string[];
  /** Until then every certificate below the root is valid, Unix milliseconds. */
  readonly chainNotAfter: bigint;
  readonly isRevocationChecked: boolean;
}

export type AndroidError =
  | CertificateUnparsable
  | PathError
  | KeyDescriptionError
  | { readonly code: "android/chain-length"; readonly certificates: number }
  /** Not signed by a key of Google's roots. */
  | { readonly code: "android/untrusted-root" }
  | { readonly code: "android/no-description" }
  /** A certificate above the leaf holds a description. */
  | { readonly code: "android/description-above-leaf"; readonly depth: number }
  | {
      readonly code: "android/revoked";
      readonly serial: string;
      readonly status: AndroidStatus;
    };

export function verifyAndroidKey(input: VerifyAndroidInput): Result<AndroidFacts, AndroidError> {
  const parsed = parseAndroidChain(input.chain);
  if (!parsed.ok) return parsed;
  const chain = parsed.value;
  const path = verifyAndroidPath(chain, input.roots, input.now);
  if (!path.ok) return path;
  const revoked = revokedIn(chain, input.revocation);
  if (revoked !== undefined) return fail(revoked);
  const depth = chain.findLastIndex(({ extensions }) => extensions.has(KEY_DESCRIPTION));
  if (depth > 0) return fail({ code: "android/description-above-leaf", depth });
  const [leaf] = chain;
  const extension = leaf?.extensions.get(KEY_DESCRIPTION);
  if (leaf === undefined || extension === undefined)
    return fail({ code: "android/no-description" });
  const description = parseKeyDescription(extension.value);
  if (!description.ok) return description;
  return ok({
    ...description.value,
    publicKeyInfo: leaf.publicKeyInfo,
    serials: chain.map(({ serial }) => toHex(serial)),
    chainNotAfter: chain
      .slice(0, -1)
      .reduce((least, { notAfter }) => (notAfter < least ? notAfter : least), leaf.notAfter),
    isRevocationChecked: "statusList" in input.revocation,
  });
}

/** Two to `MAX_ANDROID_CHAIN` certificates. */
export function parseAndroidChain(
  ders: readonly Uint8Array[],
): Result<readonly Certificate[], CertificateUnparsable | AndroidError> {
  if (ders.length < 2 || ders.length > MAX_ANDROID_CHAIN)
    return fail({ code: "android/chain-length", certificates: ders.length });
  const chain: Certificate[] = [];
  for (const der of ders) {
    const parsed = parseCertificate(der);
    if (!parsed.ok) return parsed;
    chain.push(parsed.value);
  }
  return ok(chain);
}

/** The root whose key the last certificate holds. */
export function findAndroidRoot(
  chain: readonly Certificate[],
  roots: readonly AndroidRoot[],
): AndroidRoot | undefined {
  const key = chain.at(-1)?.publicKeyInfo;
  return key && roots.find(({ publicKeyInfo }) => equalBytes(publicKeyInfo, key));
}

/** Signatures and times up to the last certificate, then whose key that one holds. */
export function verifyAndroidPath(
  chain: readonly Certificate[],
  roots: readonly AndroidRoot[],
  now: bigint,
): Result<AndroidRoot, AndroidError> {
  const last = chain.at(-1);
  if (last === undefined) return fail({ code: "android/chain-length", certificates: 0 });
  const root = roots.find(({ publicKeyInfo }) => equalBytes(publicKeyInfo, last.publicKeyInfo));
  const below = chain.slice(0, -1);
  const path = verifyBelow(below, root ?? anchorOf(last), now);
  if (!path.ok) return path;
  const { publicKey, signatureAlgorithm, signedBytes, signature } = last;
  if (!verifySigned(publicKey, signatureAlgorithm, signedBytes, signature))
    return fail({ code: "attestation/certificate-signature", depth: below.length });
  return root === undefined ? fail({ code: "android/untrusted-root" }) : ok(root);
}

/**
 * The certificates below the root.
 *
 * Google issued the attestation keys of older devices as leaves, for signatures and not as authorities. So what signed the
 * attested key may be such a leaf of a good path. An attested key cannot pass for one: its certificate has a description,
 * and then the description is not in the leaf.
 */
function verifyBelow(
  below: readonly Certificate[],
  anchor: TrustAnchor,
  at: bigint,
): Result<Certificate, PathError> {
  const [leaf, batch, ...rest] = below;
  if (leaf === undefined || batch === undefined || !isBatchLeaf(batch))
    return verifyPath({ chain: below, anchor, at });
  const upper = verifyPath({ chain: [batch, ...rest], anchor, at });
  if (!upper.ok) return fail({ ...upper.error, depth: upper.error.depth + 1 });
  return verifyPath({ chain: [leaf], anchor: anchorOf(batch), at });
}

function isBatchLeaf({ basicConstraints, keyUsage, extensions }: Certificate): boolean {
  return (
    basicConstraints?.isCa !== true &&
    ((keyUsage ?? 0) & KEY_USAGE_BIT.digitalSignature) !== 0 &&
    !extensions.has(KEY_DESCRIPTION)
  );
}

function revokedIn(
  chain: readonly Certificate[],
  revocation: VerifyAndroidInput["revocation"],
): AndroidError | undefined {
  if (!("statusList" in revocation)) return undefined;
  for (const { serial } of chain) {
    const status = statusOf(revocation.statusList, serial);
    if (status !== undefined) return { code: "android/revoked", serial: toHex(serial), status };
  }
  return undefined;
}
