/**
 * Evidence about a key, as certificates of RA-TLS carry it: a piece of evidence and the claims that its report data binds.
 *
 * ```
 * 60000([ evidence, claims ])      claims = { "pubkey-hash": << [1, SHA-256 of the key] >>, ? "nonce": bytes, ? "boot": bytes }
 * ```
 * Report data is SHA-256 of the claims' bytes and 32 zeros, so it is never a registration's, which names a block, nor a
 * challenge's. Deviation: the evidence is an envelope of ours (kind and vendor's bytes) and not a quote of SGX alone, and
 * "boot" is our claim.
 *
 * **Bounds**: `MAX_TAGGED_EVIDENCE_BYTES`; of claims those of the decoder.
 *
 * @see Interoperable RA-TLS
 */
import { sha256 } from "@pha/crypto";
import { concatBytes, equalBytes, fail, ok, type Result, utf8 } from "@pha/scale";
import {
  type CborValue,
  cborHead,
  decodeCbor,
  isCborArray,
  isCborMap,
  isCborTag,
} from "../cose/cbor.ts";
import { MAX_EVIDENCE_BYTES } from "../evidence-kind.ts";

/** Of the extension of a certificate. */
export const TAGGED_EVIDENCE_OID = "2.23.133.5.4.9";
const TAG = 60_000;
/** Name of SHA-256 in the registry of hashes. */
const SHA_256 = 1n;
const MAX_CLAIMS_BYTES = 512;
const MAX_NONCE_BYTES = 64;
const BOOT_BYTES = 32;
export const MAX_TAGGED_EVIDENCE_BYTES = MAX_EVIDENCE_BYTES + MAX_CLAIMS_BYTES + 16;

export interface KeyClaims {
  /** DER of SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Uint8Array;
  /** Fresh value of whoever asked, or what both ends of a connection export. */
  readonly nonce?: Uint8Array | undefined;
  /** Boot that has the key, 32 bytes: what the chain knows it by. */
  readonly boot?: Uint8Array | undefined;
}

export interface TaggedEvidence {
  /** Envelope. */
  readonly evidence: Uint8Array;
  /** SHA-256 of the key's SubjectPublicKeyInfo. */
  readonly publicKeyHash: Uint8Array;
  readonly nonce: Uint8Array | undefined;
  readonly boot: Uint8Array | undefined;
  /** 64 bytes that the evidence must be over. */
  readonly reportData: Uint8Array;
}

export interface TaggedEvidenceError {
  readonly code: "ra-tls/malformed-evidence";
  readonly part: "length" | "tag" | "evidence" | "claims" | "pubkey-hash" | "nonce" | "boot";
}

/** Claims as they are hashed. */
export function encodeKeyClaims({ publicKeyInfo, nonce, boot }: KeyClaims): Uint8Array {
  const hash = concatBytes(
    cborHead(4, 2),
    cborHead(0, Number(SHA_256)),
    bytes(sha256(publicKeyInfo)),
  );
  const claims: [string, Uint8Array][] = [["pubkey-hash", hash]];
  if (nonce !== undefined) claims.push(["nonce", nonce]);
  if (boot !== undefined) claims.push(["boot", boot]);
  return concatBytes(
    cborHead(5, claims.length),
    ...claims.flatMap(([name, value]) => [cborHead(3, name.length), utf8(name), bytes(value)]),
  );
}

/** What evidence about a key must be over, 64 bytes. */
export function claimsReportData(claims: Uint8Array): Uint8Array {
  return concatBytes(sha256(claims), new Uint8Array(32));
}

/** @param claims as `encodeKeyClaims` gives them, over whose report data the evidence is */
export function encodeTaggedEvidence(evidence: Uint8Array, claims: Uint8Array): Uint8Array {
  return concatBytes(cborHead(6, TAG), cborHead(4, 2), bytes(evidence), bytes(claims));
}

const bytes = (value: Uint8Array): Uint8Array => concatBytes(cborHead(2, value.length), value);

export function decodeTaggedEvidence(
  encoded: Uint8Array,
): Result<TaggedEvidence, TaggedEvidenceError> {
  if (encoded.length > MAX_TAGGED_EVIDENCE_BYTES) return malformed("length");
  const decoded = decodeCbor(encoded);
  if (!decoded.ok || !isCborTag(decoded.value) || decoded.value.tag !== BigInt(TAG))
    return malformed("tag");
  const { content } = decoded.value;
  if (!isCborArray(content) || content.length !== 2) return malformed("tag");
  const [evidence, claims] = content;
  if (!(evidence instanceof Uint8Array) || evidence.length > MAX_EVIDENCE_BYTES)
    return malformed("evidence");
  if (!(claims instanceof Uint8Array) || claims.length > MAX_CLAIMS_BYTES)
    return malformed("claims");
  const map = decodeCbor(claims);
  if (!map.ok || !isCborMap(map.value)) return malformed("claims");
  for (const name of map.value.keys())
    if (name !== "pubkey-hash" && name !== "nonce" && name !== "boot") return malformed("claims");
  const publicKeyHash = hashOf(map.value.get("pubkey-hash"));
  if (publicKeyHash === undefined) return malformed("pubkey-hash");
  const nonce = map.value.get("nonce");
  if (!isOptional(nonce) || (nonce?.length ?? 0) > MAX_NONCE_BYTES) return malformed("nonce");
  const boot = map.value.get("boot");
  if (!isOptional(boot) || (boot !== undefined && boot.length !== BOOT_BYTES))
    return malformed("boot");
  return ok({ evidence, publicKeyHash, nonce, boot, reportData: claimsReportData(claims) });
}

function malformed(part: TaggedEvidenceError["part"]): Result<never, TaggedEvidenceError> {
  return fail({ code: "ra-tls/malformed-evidence", part });
}

function isOptional(value: CborValue | undefined): value is Uint8Array | undefined {
  return value === undefined || value instanceof Uint8Array;
}

function hashOf(value: CborValue | undefined): Uint8Array | undefined {
  const pair = value instanceof Uint8Array ? decodeCbor(value) : undefined;
  if (!pair?.ok || !isCborArray(pair.value) || pair.value.length !== 2) return undefined;
  const [algorithm, hash] = pair.value;
  return algorithm === SHA_256 && hash instanceof Uint8Array && hash.length === 32
    ? hash
    : undefined;
}

/** Whether the evidence is about this key. @param publicKeyInfo DER of SubjectPublicKeyInfo */
export function isAboutKey(tagged: TaggedEvidence, publicKeyInfo: Uint8Array): boolean {
  return equalBytes(tagged.publicKeyHash, sha256(publicKeyInfo));
}
