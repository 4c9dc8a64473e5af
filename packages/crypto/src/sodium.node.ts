/** libsodium's native build: ed25519, X25519 and BLAKE2b at two to twenty times the speed of the alternatives. */
import type { default as SodiumModule } from "sodium-native";
import type { Backend } from "./backend.types.ts";

type Sodium = typeof SodiumModule;
type Hash = Pick<Backend, "blake2b" | "blake2bKeyed">;
type Curves = Pick<
  Backend,
  "ed25519PublicKey" | "ed25519Sign" | "ed25519Verify" | "x25519PublicKey" | "x25519"
>;

/** `undefined` where there is no binary for the platform; the other implementations give the same results. */
export async function loadSodium(): Promise<Sodium | undefined> {
  try {
    return (await import("sodium-native")).default;
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

export function sodiumCurves(sodium: Sodium): Curves {
  return {
    ed25519PublicKey: (seed) => {
      const publicKey = new Uint8Array(32);
      sodium.crypto_sign_seed_keypair(publicKey, new Uint8Array(64), seed);
      return publicKey;
    },
    ed25519Sign: (seed, message) => {
      const secretKey = new Uint8Array(64);
      sodium.crypto_sign_seed_keypair(new Uint8Array(32), secretKey, seed);
      const signature = new Uint8Array(64);
      sodium.crypto_sign_detached(signature, message, secretKey);
      secretKey.fill(0);
      return signature;
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
