/**
 * The certificate of RA-TLS: self-signed, of a P-256 key, with evidence about the key in it.
 *
 * Pure: whoever has the key signs the body. Its validity says only how long the key is used.
 *
 * @see RFC 5280 §4.1
 */
import {
  bits,
  element,
  explicit,
  name,
  octets,
  oid,
  sequence,
  truth,
  unsignedBytes,
  utcTime,
} from "../x509/der-writer.ts";
import { TAGGED_EVIDENCE_OID } from "./tagged-evidence.ts";

const ECDSA_WITH_SHA_256 = sequence(oid("1.2.840.10045.4.3.2"));
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";

export interface RaTlsCertificateInput {
  /** DER of SubjectPublicKeyInfo, of a key on P-256. */
  readonly publicKeyInfo: Uint8Array;
  /** Shown to people; nothing is decided by it. */
  readonly commonName: string;
  /** At most 20 bytes, drawn at random. */
  readonly serial: Uint8Array;
  /** Unix milliseconds, whole seconds, before 2050. */
  readonly notBefore: bigint;
  readonly notAfter: bigint;
  /** Of `encodeTaggedEvidence`. */
  readonly taggedEvidence: Uint8Array;
}

/** What is to be signed by the key, with ECDSA and SHA-256. */
export function raTlsCertificateBody(input: RaTlsCertificateInput): Uint8Array {
  const extension = (type: string, value: Uint8Array, isCritical: boolean): Uint8Array =>
    sequence(oid(type), ...(isCritical ? [truth(true)] : []), octets(value));
  return sequence(
    explicit(0, unsignedBytes(Uint8Array.of(2))),
    unsignedBytes(input.serial),
    ECDSA_WITH_SHA_256,
    name(input.commonName),
    sequence(utcTime(input.notBefore), utcTime(input.notAfter)),
    name(input.commonName),
    input.publicKeyInfo,
    explicit(
      3,
      sequence(
        extension(BASIC_CONSTRAINTS, sequence(), true),
        // digitalSignature
        extension(KEY_USAGE, element(3, Uint8Array.of(7, 0x80)), true),
        extension(TAGGED_EVIDENCE_OID, input.taggedEvidence, false),
      ),
    ),
  );
}

/** @param signature DER of `r`, `s` @returns DER */
export function raTlsCertificate(body: Uint8Array, signature: Uint8Array): Uint8Array {
  return sequence(body, ECDSA_WITH_SHA_256, bits(signature));
}
