import { bench, describe } from "vitest";
import {
  aes256GcmSeal,
  blake2b256,
  ecdsaFromSecret,
  ecdsaRecover,
  ecdsaSign,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  hpkeOpen,
  hpkeSeal,
  sivOpen,
  sivSeal,
  sr25519FromSeed,
  sr25519Sign,
  sr25519Verify,
  twox128,
  vrfSignBabe,
  vrfVerifyBabe,
  x25519PublicKey,
} from "./index.ts";

const key = new Uint8Array(32).fill(1);
const short = new Uint8Array(100).fill(2);
const long = new Uint8Array(1 << 20).fill(3);

describe("crypto/hash", () => {
  bench("crypto/blake2b256/100B", () => void blake2b256(short));
  bench("crypto/blake2b256/1MiB", () => void blake2b256(long));
  bench("crypto/twox128/100B", () => void twox128(short));
});

describe("crypto/verify", () => {
  const pair = sr25519FromSeed(key);
  const signature = sr25519Sign(pair, short);
  bench("crypto/sr25519-verify/known-key", () => {
    if (!sr25519Verify(pair.publicKey, short, signature)) throw new Error("refused");
  });
  const edKey = ed25519PublicKey(key);
  const edSignature = ed25519Sign(key, short);
  bench("crypto/ed25519-verify/100B", () => {
    if (!ed25519Verify(edKey, short, edSignature)) throw new Error("refused");
  });
  const ecdsa = ecdsaFromSecret(key);
  const hash = blake2b256(short);
  const recoverable = ecdsa === undefined ? new Uint8Array(65) : ecdsaSign(ecdsa, hash);
  bench("crypto/ecdsa-recover", () => {
    if (ecdsaRecover(hash, recoverable) === undefined) throw new Error("refused");
  });
  const input = { randomness: key, slot: 7n, epoch: 1n };
  const output = vrfSignBabe(pair, input);
  bench("crypto/vrf-verify-babe", () => {
    if (!vrfVerifyBabe(pair.publicKey, input, output)) throw new Error("refused");
  });
});

describe("crypto/seal", () => {
  const nonce = new Uint8Array(12);
  const recipient = x25519PublicKey(key);
  const hpke = { recipient, ephemeralSecret: new Uint8Array(32).fill(9), info: short, aad: short };
  const { enc, ciphertext } = hpkeSeal({ ...hpke, plaintext: short });
  bench("crypto/hpke-open/100B", () => {
    const receiver = { secret: key, publicKey: recipient, enc, info: short };
    const plaintext = hpkeOpen({ ...receiver, aad: short, ciphertext });
    if (plaintext === undefined) throw new Error("refused");
  });
  const siv = { macKey: key, encKey: key, context: short };
  bench("crypto/siv-seal/1MiB", () => void sivSeal({ ...siv, plaintext: long }));
  const sealed = sivSeal({ ...siv, plaintext: short });
  bench("crypto/siv-open/100B", () => {
    if (sivOpen({ ...siv, sealed }) === undefined) throw new Error("refused");
  });
  bench("crypto/aes-256-gcm-seal/1MiB", () => void aes256GcmSeal(key, nonce, long, short));
});
