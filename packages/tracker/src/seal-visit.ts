/**
 * Seals a visit to a contract: HPKE base mode (X25519, HKDF-SHA256, AES-256-GCM) over WebCrypto.
 *
 * A box is `u8 1 ‖ encapsulated key ‖ ciphertext`, its info `"pha/v1/sealed-box" ‖ contract ‖ "visit"`. The key is the
 * one that the page names: nothing that comes over the network can put another in its place.
 *
 * @see RFC 9180 §4.1, §5.1
 */
import { encodeVisit, type Visit } from "./visit.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** An ephemeral key pair, agreed with a recipient: 32 bytes each. */
export interface Agreement {
  readonly enc: Bytes;
  readonly shared: Bytes;
}

/** Agreement by a library, for browsers whose WebCrypto has no X25519. */
export type Agree = (recipient: Bytes) => Agreement;

export interface SealOptions {
  /** Contract id, 32 bytes. */
  readonly site: Bytes;
  /** The contract's key for visits, 32 bytes. */
  readonly key: Bytes;
  /** Loads the library when it is needed; absent: an engine without X25519 seals nothing. */
  readonly fallback?: (() => Promise<Agree>) | undefined;
}

/** @throws when this engine cannot seal, or the key is none */
export async function sealVisit(
  visit: Visit,
  { site, key, fallback }: SealOptions,
): Promise<Bytes> {
  const { enc, shared } = await agreeWith(key, fallback);
  if (shared.every((byte) => byte === 0)) throw new Error("the key is a point of small order");
  const kem = concat(text("KEM"), [0x00, 0x20]);
  const suite = concat(text("HPKE"), [0x00, 0x20, 0x00, 0x01, 0x00, 0x02]);
  const eae = await extract(kem, EMPTY, "eae_prk", shared);
  const secret = await expand(kem, eae, "shared_secret", concat(enc, key), 32);
  const context = concat(
    [0],
    await extract(suite, EMPTY, "psk_id_hash", EMPTY),
    await extract(
      suite,
      EMPTY,
      "info_hash",
      concat(text("pha/v1/sealed-box"), site, text("visit")),
    ),
  );
  const prk = await extract(suite, secret, "secret", EMPTY);
  const aes = await subtle().importKey(
    "raw",
    await expand(suite, prk, "key", context, 32),
    "AES-GCM",
    false,
    ["encrypt"],
  );
  const iv = await expand(suite, prk, "base_nonce", context, 12);
  const sealed = await subtle().encrypt({ name: "AES-GCM", iv }, aes, encodeVisit(visit));
  return concat([1], enc, new Uint8Array(sealed));
}

const EMPTY = new Uint8Array(0);

/** Absent where a page came over an open connection: then nothing is sealed and nothing sent. */
function subtle(): SubtleCrypto {
  return crypto.subtle;
}

async function agreeWith(
  recipient: Bytes,
  fallback: (() => Promise<Agree>) | undefined,
): Promise<Agreement> {
  const name = "X25519";
  let pair: CryptoKeyPair;
  try {
    // The type of keys follows from the name, which the library of types does not know everywhere.
    pair = (await subtle().generateKey({ name }, false, ["deriveBits"])) as CryptoKeyPair;
  } catch (error) {
    if (fallback === undefined) throw error;
    return (await fallback())(recipient);
  }
  const publicKey = await subtle().importKey("raw", recipient, { name }, false, []);
  const shared = await subtle().deriveBits({ name, public: publicKey }, pair.privateKey, 256);
  const enc = await subtle().exportKey("raw", pair.publicKey);
  return { enc: new Uint8Array(enc), shared: new Uint8Array(shared) };
}

function text(value: string): Bytes {
  return new TextEncoder().encode(value);
}

function concat(...parts: readonly (Uint8Array | readonly number[])[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  // An empty key and one of zeros are the same to HMAC; WebCrypto takes no empty one.
  const raw = key.length === 0 ? new Uint8Array(32) : key;
  const of = { name: "HMAC", hash: "SHA-256" };
  const imported = await subtle().importKey("raw", raw, of, false, ["sign"]);
  return new Uint8Array(await subtle().sign("HMAC", imported, data));
}

function extract(suite: Bytes, salt: Bytes, label: string, ikm: Bytes): Promise<Bytes> {
  return hmac(salt, concat(text("HPKE-v1"), suite, text(label), ikm));
}

async function expand(
  suite: Bytes,
  prk: Bytes,
  label: string,
  info: Bytes,
  length: number,
): Promise<Bytes> {
  const data = concat([0, length], text("HPKE-v1"), suite, text(label), info, [1]);
  return (await hmac(prk, data)).slice(0, length);
}
