/** A session: a key that never leaves this program, and a certificate that lets it read for an account. */
import { ed25519PublicKey, ed25519Sign, randomBytes } from "@pha/crypto";
import {
  type Certificate,
  type CertificateSignature,
  certificateText,
  type QueryRequest,
  requestPayload,
  type Scope,
  type UnsignedCertificate,
} from "@pha/protocol";
import { PhaError, utf8 } from "@pha/scale";
import type { CertificateSigner, Signer } from "../chain/accounts.ts";
import type { Chain } from "../chain/chain.ts";

/** A session key with the certificate of an account. */
export interface Session {
  readonly account: Uint8Array;
  readonly certificate: Certificate;
  sign(boot: Uint8Array, request: QueryRequest): Uint8Array;
}

/** Whose session it is, and what it may ask. */
export interface SessionOptions {
  readonly signer: Signer | CertificateSigner;
  readonly scopes: readonly Scope[];
  /** Shown to the person who signs. */
  readonly purpose?: string;
  /** Default 8 hours; becomes a block number by the chain's slot duration. */
  readonly expiresInMs?: number;
}

const DEFAULT_EXPIRY_MS = 8 * 60 * 60 * 1000;

/** Makes a session key and has the account sign its certificate. */
export async function createSession(chain: Chain, options: SessionOptions): Promise<Session> {
  const {
    signer,
    scopes,
    purpose = "read private data",
    expiresInMs = DEFAULT_EXPIRY_MS,
  } = options;
  if (scopes.length === 0)
    throw new PhaError("certificate/no-scope", "a certificate needs at least one contract", {
      hint: "Name the contracts that the session may query.",
    });
  const slotMs = Number(chain.metadata.constant("Babe", "ExpectedBlockTime") ?? 1000n);
  const seed = randomBytes(32);
  const unsigned: UnsignedCertificate = {
    version: 1,
    genesisHash: chain.genesisHash,
    account: signer.publicKey,
    sessionKey: ed25519PublicKey(seed),
    expiry: chain.finality.head.number + Math.max(1, Math.ceil(expiresInMs / slotMs)),
    scopes: [...scopes],
    purpose,
  };
  const certificate: Certificate = { ...unsigned, signature: await signatureOf(signer, unsigned) };
  return {
    account: signer.publicKey,
    certificate,
    sign: (boot, request) => ed25519Sign(seed, requestPayload(chain.genesisHash, boot, request)),
  };
}

async function signatureOf(
  signer: Signer | CertificateSigner,
  unsigned: UnsignedCertificate,
): Promise<CertificateSignature> {
  if ("signCertificate" in signer) return signer.signCertificate(unsigned);
  const value = await signer.sign(utf8(certificateText(unsigned)));
  return { type: signer.scheme === "ed25519" ? "Ed25519" : "Sr25519", value };
}
