/** libsodium's native build: ed25519, X25519 and BLAKE2b at two to twenty times the speed of the alternatives. */
import { createRequire } from "node:module";
import type { default as SodiumModule } from "sodium-native";
import type { Backend } from "./backend.types.ts";

type Sodium = typeof SodiumModule;
type Hash = Pick<Backend, "blake2b" | "blake2bKeyed">;
type Curves = Pick<
  Backend,
  "ed25519PublicKey" | "ed25519Sign" | "ed25519Verify" | "x25519PublicKey" | "x25519"
>;

/**
 * `undefined` where there is no binary for the platform; the other implementations give the same results.
 *
 * By `require`: `import()` reads a CommonJS package twice, which takes three times as long.
 */
export function loadSodium(): Sodium | undefined {
  try {
    return createRequire(import.meta.url)("sodium-native");
  } catch {
    // no binary for this platform, or a bundle without native modules
    return undefined;
  }
}

/** libsodium's shortest output and key. */
const MIN_BYTES = 16;

const MAX_BYTES = 64;

/**
 * `rest` takes the outputs and keys that libsodium refuses.
 *
 * The library writes into one array per size, which is then copied: giving native code a fresh small array costs more
 * than the hash, since its memory is first moved out of the engine's heap.
 */
export function sodiumHash(sodium: Sodium, rest: Hash): Hash {
  const scratch = Array.from(
    { length: MAX_BYTES + 1 },
    (_, bytes) => new Uint8Array(new ArrayBuffer(bytes)),
  );
  return {
    blake2b: (data, bytes) => {
      const out = bytes < MIN_BYTES ? undefined : scratch[bytes];
      if (out === undefined) return rest.blake2b(data, bytes);
      sodium.crypto_generichash(out, data);
      return out.slice();
    },
    blake2bKeyed: (key, data, bytes) => {
      const out = bytes < MIN_BYTES || key.length < MIN_BYTES ? undefined : scratch[bytes];
      if (out === undefined) return rest.blake2bKeyed(key, data, bytes);
      sodium.crypto_generichash(out, data, key);
      return out.slice();
    },
  };
}

/**
 * Secret key of the last seed that signed: making it costs as much as a signature, and a program signs with one key most
 * of the time. It stays here, also when the caller has wiped the seed, until another seed signs or the process ends.
 */
function createSecretKeys(sodium: Sodium): (seed: Uint8Array) => Uint8Array {
  const ofSeed = new Uint8Array(new ArrayBuffer(32));
  const secretKey = new Uint8Array(new ArrayBuffer(64));
  const publicKey = new Uint8Array(new ArrayBuffer(32));
  let isMade = false;
  return (seed) => {
    let difference = 0;
    // All of it, so that time tells nothing about the seed.
    for (let i = 0; i < 32; i++) difference |= (seed[i] ?? 0) ^ (ofSeed[i] ?? 0);
    if (difference !== 0 || !isMade) {
      ofSeed.set(seed);
      sodium.crypto_sign_seed_keypair(publicKey, secretKey, ofSeed);
      isMade = true;
    }
    return secretKey;
  };
}

export function sodiumCurves(sodium: Sodium): Curves {
  const secretKeyOf = createSecretKeys(sodium);
  const signed = new Uint8Array(new ArrayBuffer(64));
  return {
    ed25519PublicKey: (seed) => {
      const publicKey = new Uint8Array(32);
      sodium.crypto_sign_seed_keypair(publicKey, new Uint8Array(64), seed);
      return publicKey;
    },
    ed25519Sign: (seed, message) => {
      sodium.crypto_sign_detached(signed, message, secretKeyOf(seed));
      return signed.slice();
    },
    ed25519Verify: (publicKey, message, signature) =>
      sodium.crypto_sign_verify_detached(signature, message, publicKey),
    x25519PublicKey: (secret) => {
      const publicKey = new Uint8Array(32);
      sodium.crypto_scalarmult_base(publicKey, secret);
      return publicKey;
    },
    x25519: (secret, publicKey) => {
      const shared = new Uint8Array(32);
      try {
        sodium.crypto_scalarmult(shared, secret, publicKey);
        return shared;
      } catch {
        // a point of small order: the result would be all zero
        return undefined;
      }
    },
  };
}
