/** Accounts that sign: keys held by the program itself, or anything else that can sign bytes. */
import {
  developmentPair,
  pairFromUri,
  type Sr25519Pair,
  sr25519Sign,
  ss58Decode,
  ss58Encode,
} from "@pha/crypto";
import type { CertificateSignature, UnsignedCertificate } from "@pha/protocol";
import { fail, ok, type Result } from "@pha/scale";
import type { ExtrinsicPayload } from "./extrinsic.ts";

/** SS58 prefix of Pha. */
export const SS58_PREFIX = 30;

/** An account that signs: extrinsics and certificates. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly address: string;
  readonly scheme: "sr25519" | "ed25519";
  sign(payload: Uint8Array): Promise<Uint8Array>;
  /** Of a person's wallet, which takes an extrinsic by its fields; absent: `sign` gets the bytes. */
  signExtrinsic?(payload: ExtrinsicPayload): Promise<Uint8Array>;
}

/** An account that signs certificates in a form of its own: of a wallet, or of an Ethereum address. */
export interface CertificateSigner {
  /** 32 bytes: the account. */
  readonly publicKey: Uint8Array;
  readonly address: string;
  signCertificate(certificate: UnsignedCertificate): Promise<CertificateSignature>;
}

/** Signer of a secret URI: `//Alice`, a phrase, `//hard/soft///password`. */
export function signerFromUri(
  uri: string,
): Result<Signer, { readonly code: "account/bad-secret-uri" }> {
  const pair = pairFromUri(uri, "sr25519");
  return pair.ok ? ok(signerOf(pair.value)) : fail({ code: "account/bad-secret-uri" });
}

function signerOf(pair: Sr25519Pair): Signer {
  return {
    publicKey: pair.publicKey,
    address: ss58Encode(SS58_PREFIX, pair.publicKey),
    scheme: "sr25519",
    sign: (payload) => Promise.resolve(sr25519Sign(pair, payload)),
  };
}

/** Names of the public test accounts of development chains. */
export const DEV_NAMES = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"] as const;

/** Signer of a public test account; its keys are known to everybody. */
export function devSigner(name: (typeof DEV_NAMES)[number]): Signer {
  return signerOf(developmentPair(name));
}

/** Account of an address with any prefix, or of 32 bytes of hex. */
export function parseAddress(
  text: string,
): Result<Uint8Array, { readonly code: "account/bad-address"; readonly text: string }> {
  const decoded = ss58Decode(text);
  return decoded.ok && decoded.value.publicKey.length === 32
    ? ok(decoded.value.publicKey)
    : fail({ code: "account/bad-address", text });
}
