/**
 * A key for TLS that the platform vouches for, and the certificate that says so. The key is made in the TEE and does not
 * leave it.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  claimsReportData,
  encodeKeyClaims,
  encodeTaggedEvidence,
  type KeyClaims,
  raTlsCertificate,
  raTlsCertificateBody,
} from "@pha/attestation";
import { randomBytes } from "@pha/crypto";
import { plainBytes } from "@pha/scale";
import type { EvidenceProvider } from "../providers/evidence-provider.ts";

export interface RaTlsIdentity {
  readonly key: KeyObject;
  /** DER. */
  readonly certificate: Uint8Array;
  readonly publicKeyInfo: Uint8Array;
  /** Tagged evidence about the key over what a connection exports. */
  evidenceFor(exported: Uint8Array): Promise<Uint8Array>;
}

export interface RaTlsIdentityInput {
  readonly provider: Pick<EvidenceProvider, "evidence">;
  /** Boot that the chain knows, 32 bytes. */
  readonly boot?: Uint8Array | undefined;
  /** Unix milliseconds. */
  readonly now: number;
  /** @default a day */
  readonly validMs?: number;
}

const DAY_MS = 86_400_000;
/** Clocks of both ends may differ by so much. */
const SKEW_MS = 300_000;
const SERIAL_BYTES = 16;

/** @throws PhaError `provider/…` */
export async function createRaTlsIdentity({
  provider,
  boot,
  now,
  validMs = DAY_MS,
}: RaTlsIdentityInput): Promise<RaTlsIdentity> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKeyInfo = plainBytes(publicKey.export({ type: "spki", format: "der" }));
  const about = async (claims: Omit<KeyClaims, "publicKeyInfo">): Promise<Uint8Array> => {
    const encoded = encodeKeyClaims({ publicKeyInfo, boot, ...claims });
    return encodeTaggedEvidence(await provider.evidence(claimsReportData(encoded)), encoded);
  };
  const serial = randomBytes(SERIAL_BYTES);
  // Positive, and of the same length always.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const body = raTlsCertificateBody({
    publicKeyInfo,
    commonName: "pRuntime",
    serial,
    notBefore: wholeSeconds(now - SKEW_MS),
    notAfter: wholeSeconds(now + validMs),
    taggedEvidence: await about({}),
  });
  return {
    key: privateKey,
    certificate: raTlsCertificate(body, plainBytes(sign("sha256", body, privateKey))),
    publicKeyInfo,
    evidenceFor: (exported) => about({ nonce: exported }),
  };
}

function wholeSeconds(ms: number): bigint {
  return BigInt(Math.floor(ms / 1_000)) * 1_000n;
}
