/**
 * Hybrid public-key encryption, base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
 *
 * Synchronous and without entropy of its own: the caller gives the ephemeral secret, fresh for every encapsulation
 * (or derived so that equal secrets imply equal plaintexts, as replies do).
 *
 * Names: `enc` is the ephemeral public key sent along, `info` binds the context, `aad` each message.
 * Bounds: a context seals 2^32 messages, then refuses. Trust: `enc` and ciphertexts are the sender's; a point of small
 * order is refused, so a sender cannot force a known key.
 *
 * @see RFC 9180 §4.1, §5.1, §5.2
 */
import { assert, concatBytes, equalBytes, utf8 } from "@pha/scale";
import { aes256GcmOpen, aes256GcmSeal } from "./aead.ts";
import { hkdfExpand, hkdfExtract } from "./kdf.ts";
import { x25519, x25519PublicKey } from "./x25519.ts";

/** One direction of messages; each `seal`, and each `open` that succeeds, moves the message number on. */
export interface HpkeContext {
  readonly seal: (aad: Uint8Array, plaintext: Uint8Array) => Uint8Array;
  readonly open: (aad: Uint8Array, ciphertext: Uint8Array) => Uint8Array | undefined;
  /** A secret both sides can make, at most 8160 bytes. */
  readonly export: (exporterContext: Uint8Array, length: number) => Uint8Array;
}

export interface HpkeSealInput {
  /** The receiver's X25519 public key, 32 bytes. */
  readonly recipient: Uint8Array;
  /** 32 bytes, single use. */
  readonly ephemeralSecret: Uint8Array;
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
  readonly plaintext: Uint8Array;
}

export interface HpkeSealed {
  /** 32 bytes. */
  readonly enc: Uint8Array;
  /** Plaintext length + 16. */
  readonly ciphertext: Uint8Array;
}

export interface HpkeOpenInput {
  /** The receiver's X25519 secret, 32 bytes. */
  readonly secret: Uint8Array;
  /** The secret's public key, for callers that keep it: saves a fifth of the time. A wrong one opens nothing. */
  readonly publicKey?: Uint8Array;
  readonly enc: Uint8Array;
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * Seals one message.
 *
 * The recipient's key must be one: a key of small order is the caller's error (`AssertionError`), check a foreign key
 * with `isHpkeRecipient` first.
 */
export function hpkeSeal(input: HpkeSealInput): HpkeSealed {
  const { enc, context } = hpkeSenderContext(input);
  return { enc, ciphertext: context.seal(input.aad, input.plaintext) };
}

/** Plaintext, or `undefined` for every kind of wrong input. */
export function hpkeOpen(input: HpkeOpenInput): Uint8Array | undefined {
  return hpkeReceiverContext(input)?.open(input.aad, input.ciphertext);
}

/** Whether a key from outside can be sealed to. */
export function isHpkeRecipient(publicKey: Uint8Array): boolean {
  return x25519(new Uint8Array(32), publicKey) !== undefined;
}

export function hpkeSenderContext(
  input: Pick<HpkeSealInput, "recipient" | "ephemeralSecret" | "info">,
): { readonly enc: Uint8Array; readonly context: HpkeContext } {
  const dh = x25519(input.ephemeralSecret, input.recipient);
  assert(dh !== undefined, "the recipient's key is a point of large order");
  const enc = x25519PublicKey(input.ephemeralSecret);
  return { enc, context: keySchedule(sharedSecret(dh, enc, input.recipient), input.info) };
}

export function hpkeReceiverContext(
  input: Pick<HpkeOpenInput, "secret" | "publicKey" | "enc" | "info">,
): HpkeContext | undefined {
  const dh = x25519(input.secret, input.enc);
  if (dh === undefined) return undefined;
  const publicKey = input.publicKey ?? x25519PublicKey(input.secret);
  return keySchedule(sharedSecret(dh, input.enc, publicKey), input.info);
}

const VERSION = utf8("HPKE-v1");
const KEM_SUITE = concatBytes(utf8("KEM"), Uint8Array.of(0x00, 0x20));
const SUITE = concatBytes(utf8("HPKE"), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x02));
const MODE_BASE = Uint8Array.of(0);
const EMPTY = new Uint8Array(0);
const NONCE_BYTES = 12;
const MESSAGE_LIMIT = 2 ** 32;

function labeledExtract(
  suite: Uint8Array,
  salt: Uint8Array,
  label: Uint8Array,
  ikm: Uint8Array,
): Uint8Array {
  return hkdfExtract(salt, concatBytes(VERSION, suite, label, ikm));
}

function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const size = Uint8Array.of(length >> 8, length & 255);
  return hkdfExpand(prk, concatBytes(size, VERSION, suite, label, info), length);
}

const LABEL = {
  eaePrk: utf8("eae_prk"),
  sharedSecret: utf8("shared_secret"),
  infoHash: utf8("info_hash"),
  secret: utf8("secret"),
  key: utf8("key"),
  baseNonce: utf8("base_nonce"),
  exp: utf8("exp"),
  sec: utf8("sec"),
} as const;

/** With no pre-shared key, the hash of its id is the same for everyone. */
const PSK_ID_HASH = labeledExtract(SUITE, EMPTY, utf8("psk_id_hash"), EMPTY);

function sharedSecret(dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Uint8Array {
  const prk = labeledExtract(KEM_SUITE, EMPTY, LABEL.eaePrk, dh);
  return labeledExpand(KEM_SUITE, prk, LABEL.sharedSecret, concatBytes(enc, recipient), 32);
}

function keySchedule(shared: Uint8Array, info: Uint8Array): HpkeContext {
  const infoHash = labeledExtract(SUITE, EMPTY, LABEL.infoHash, info);
  const scheduleContext = concatBytes(MODE_BASE, PSK_ID_HASH, infoHash);
  const secret = labeledExtract(SUITE, shared, LABEL.secret, EMPTY);
  const key = labeledExpand(SUITE, secret, LABEL.key, scheduleContext, 32);
  const baseNonce = labeledExpand(SUITE, secret, LABEL.baseNonce, scheduleContext, NONCE_BYTES);
  let exporter: Uint8Array | undefined;
  /** A session exports the same secret for each of its messages. */
  let last: { readonly context: Uint8Array; readonly secret: Uint8Array } | undefined;
  let sequence = 0;

  const nonce = (): Uint8Array => {
    assert(sequence < MESSAGE_LIMIT, "an HPKE context seals at most 2^32 messages");
    const out = baseNonce.slice();
    const view = new DataView(out.buffer);
    view.setUint32(NONCE_BYTES - 4, view.getUint32(NONCE_BYTES - 4) ^ sequence);
    return out;
  };

  return {
    seal(aad, plaintext) {
      const sealed = aes256GcmSeal(key, nonce(), plaintext, aad);
      sequence++;
      return sealed;
    },
    open(aad, ciphertext) {
      const plaintext = aes256GcmOpen(key, nonce(), ciphertext, aad);
      if (plaintext !== undefined) sequence++;
      return plaintext;
    },
    export(exporterContext, length) {
      if (last?.secret.length !== length || !equalBytes(last.context, exporterContext)) {
        exporter ??= labeledExpand(SUITE, secret, LABEL.exp, scheduleContext, 32);
        const exported = labeledExpand(SUITE, exporter, LABEL.sec, exporterContext, length);
        last = { context: exporterContext.slice(), secret: exported };
      }
      return last.secret.slice();
    },
  };
}
