/**
 * P-256 and P-384 by OpenSSL.
 *
 * Reading a key costs as much as a signature, and vendors sign with few keys: the last ones are kept, public values
 * only. **Bounds**: `MAX_KEYS`, the oldest leaves.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Backend } from "./backend.types.ts";

const MAX_KEYS = 64;
/** SubjectPublicKeyInfo up to the coordinates. */
const SPKI = {
  p256: Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex"),
  p384: Buffer.from("3076301006072a8648ce3d020106052b8104002203620004", "hex"),
};

const keys = new Map<string, KeyObject>();

function keyOf(prefix: Buffer, publicKey: Uint8Array): KeyObject {
  const bytes = Buffer.concat([prefix, publicKey]);
  const name = bytes.toString("latin1");
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: bytes, format: "der", type: "spki" });
  for (const oldest of keys.keys()) {
    if (keys.size < MAX_KEYS) break;
    keys.delete(oldest);
  }
  keys.set(name, key);
  return key;
}

const verifyWith =
  (prefix: Buffer): Backend["p256Verify"] =>
  (publicKey, message, signature, digestBits) =>
    verify(
      `sha${digestBits}`,
      message,
      { key: keyOf(prefix, publicKey), dsaEncoding: "ieee-p1363" },
      signature,
    );

export const nodeWeierstrass: Pick<Backend, "p256Verify" | "p384Verify"> = {
  p256Verify: verifyWith(SPKI.p256),
  p384Verify: verifyWith(SPKI.p384),
};
