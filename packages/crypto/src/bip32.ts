/**
 * BIP-32 private derivation over secp256k1, for Ethereum's BIP-44 paths.
 *
 * @see BIP-32 "Child key derivation (CKD) functions"
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { utf8 } from "@pha/scale";
import { ecdsaFromSecret } from "./ecdsa.ts";

const { Fn } = secp256k1.Point;
const HARDENED = 0x80000000;

/**
 * Secret (32 bytes) under `path`, `/m/44'/60'/0'/0/0`, from a 64-byte BIP-39 seed.
 *
 * `undefined` for a path of another form, and for the 1 in 2^127 of derivations that have no key.
 */
export function deriveEthereumSecret(seed: Uint8Array, path: string): Uint8Array | undefined {
  if (!/^\/m(\/[0-9]{1,10}'?)+$/.test(path)) return undefined;
  const master = hmac(sha512, utf8("Bitcoin seed"), seed);
  let secret: Uint8Array = master.slice(0, 32);
  let chainCode: Uint8Array = master.slice(32);
  for (const step of path.slice(3).split("/")) {
    const hardened = step.endsWith("'");
    const index = Number.parseInt(step, 10);
    if (index >= HARDENED) return undefined;
    const publicKey = ecdsaFromSecret(secret)?.publicKey;
    if (publicKey === undefined) return undefined;

    const data = new Uint8Array(37);
    if (hardened) data.set(secret, 1);
    else data.set(publicKey);
    new DataView(data.buffer).setUint32(33, hardened ? index + HARDENED : index);
    const child = hmac(sha512, chainCode, data);
    const tweak = toNumber(child.subarray(0, 32));
    if (tweak >= Fn.ORDER) return undefined;
    const next = Fn.add(tweak, toNumber(secret));
    if (next === 0n) return undefined;
    secret = Fn.toBytes(next);
    chainCode = child.slice(32);
  }
  return secret;
}

function toNumber(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}
