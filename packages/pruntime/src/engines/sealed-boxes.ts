/**
 * Boxes that anybody seals to a contract, opened for its own code: HPKE base mode of the suite that commands have.
 *
 * A box is `u8 suite = 1 ‖ encapsulated key, 32 bytes ‖ ciphertext`; its info is `"pha/v1/sealed-box" ‖ contract ‖ domain`, with no
 * other data. Written over Node's own primitives: an engine loads neither native nor Wasm halves of cryptography.
 *
 * **Bounds**: `MOST_KEYS` of a contract's domains are kept, the one used longest ago goes. **Trust**: boxes are anybody's;
 * a point of small order opens nothing. **Not here**: who may bring boxes, and whether one came before: the contract's.
 *
 * @see RFC 9180 §4.1, §5.1
 */
import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from "node:crypto";
import { concatBytes, plainBytes } from "@pha/scale";
import { keyText } from "./cluster-storage.ts";

/** Opens boxes of one contract. */
export interface Boxes {
  /** 32 bytes. */
  readonly publicKey: (domain: Uint8Array) => Uint8Array;
  readonly open: (domain: Uint8Array, box: Uint8Array) => Uint8Array | undefined;
}

interface DomainKey {
  readonly secret: KeyObject;
  readonly publicKey: Uint8Array;
  readonly infoHash: Uint8Array;
}

const MOST_KEYS = 16;
const SUITE_BYTE = 1;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const CIPHERTEXT_AT = 1 + KEY_BYTES;

/** @param secretOf 32 bytes of this domain alone */
export function openBoxes(
  contract: Uint8Array,
  secretOf: (domain: Uint8Array) => Uint8Array,
): Boxes {
  const keys = new Map<string, DomainKey>();

  function keyOf(domain: Uint8Array): DomainKey {
    const name = keyText(domain);
    const key = keys.get(name) ?? makeKey(secretOf(domain), concatBytes(INFO, contract, domain));
    keys.delete(name);
    keys.set(name, key);
    for (const oldest of keys.keys()) {
      if (keys.size <= MOST_KEYS) break;
      keys.delete(oldest);
    }
    return key;
  }

  return {
    publicKey: (domain) => keyOf(domain).publicKey.slice(),
    open(domain, box) {
      if (box.length < CIPHERTEXT_AT + TAG_BYTES || box[0] !== SUITE_BYTE) return undefined;
      return openWith(keyOf(domain), box.slice(1, CIPHERTEXT_AT), box.slice(CIPHERTEXT_AT));
    },
  };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const INFO = text("pha/v1/sealed-box");
/** DER prefixes of 32 raw bytes (RFC 8410): PKCS#8 private, SPKI public. */
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI = Buffer.from("302a300506032b656e032100", "hex");

const VERSION = text("HPKE-v1");
const KEM_SUITE = concatBytes(text("KEM"), Uint8Array.of(0x00, 0x20));
const SUITE = concatBytes(text("HPKE"), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x02));
const MODE_BASE = Uint8Array.of(0);
const EMPTY = new Uint8Array(0);
const PSK_ID_HASH = extract(SUITE, EMPTY, "psk_id_hash", EMPTY);

function makeKey(raw: Uint8Array, info: Uint8Array): DomainKey {
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8, raw]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return {
    secret,
    publicKey: Uint8Array.from(spki.subarray(SPKI.length)),
    infoHash: extract(SUITE, EMPTY, "info_hash", info),
  };
}

function openWith(
  { secret, publicKey, infoHash }: DomainKey,
  enc: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const dh = agreed(secret, enc);
  if (dh === undefined) return undefined;
  const kemContext = concatBytes(enc, publicKey);
  const shared = expand(
    KEM_SUITE,
    extract(KEM_SUITE, EMPTY, "eae_prk", dh),
    ["shared_secret", kemContext],
    32,
  );
  const context = concatBytes(MODE_BASE, PSK_ID_HASH, infoHash);
  const prk = extract(SUITE, shared, "secret", EMPTY);
  const key = expand(SUITE, prk, ["key", context], 32);
  const nonce = expand(SUITE, prk, ["base_nonce", context], 12);
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
    return plainBytes(plain);
  } catch {
    // The tag does not match.
    return undefined;
  }
}

function agreed(privateKey: KeyObject, enc: Uint8Array): Uint8Array | undefined {
  const publicKey = createPublicKey({
    key: Buffer.concat([SPKI, enc]),
    format: "der",
    type: "spki",
  });
  try {
    return Uint8Array.from(diffieHellman({ privateKey, publicKey }));
  } catch {
    // The sender's key has small order.
    return undefined;
  }
}

function extract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  const hmac = createHmac("sha256", salt);
  for (const part of [VERSION, suite, text(label), ikm]) hmac.update(part);
  return plainBytes(hmac.digest());
}

/** At most one block. */
function expand(
  suite: Uint8Array,
  prk: Uint8Array,
  [label, info]: readonly [string, Uint8Array],
  length: number,
): Uint8Array {
  const hmac = createHmac("sha256", prk).update(Uint8Array.of(length >> 8, length & 255));
  for (const part of [VERSION, suite, text(label), info, Uint8Array.of(1)]) hmac.update(part);
  return plainBytes(hmac.digest()).slice(0, length);
}
