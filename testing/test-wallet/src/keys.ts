/** Keys of test wallets: real ones, of secrets that everybody knows. */
import {
  ecdsaFromSecret,
  ecdsaSign,
  ed25519FromSeed,
  ed25519Sign,
  ethereumAddress,
  keccak256,
  pairFromUri,
  sr25519Sign,
  ss58Encode,
} from "@pha/crypto";
import { assert, toHex, utf8 } from "@pha/scale";

export interface SubstrateKey {
  readonly name: string;
  /** With the prefix 42, as wallets list accounts. */
  readonly address: string;
  readonly type: "sr25519" | "ed25519";
  sign(message: Uint8Array): Uint8Array;
}

export interface EvmKey {
  readonly address: string;
  /** `r ‖ s ‖ v`. */
  sign(hash: Uint8Array): Uint8Array;
}

const GENERIC_PREFIX = 42;

/** @param uri such as `//Bob` */
export function sr25519Key(name: string, uri: string): SubstrateKey {
  const pair = pairFromUri(uri, "sr25519");
  assert(pair.ok, "a test names a good URI");
  const address = ss58Encode(GENERIC_PREFIX, pair.value.publicKey);
  return { name, address, type: "sr25519", sign: (message) => sr25519Sign(pair.value, message) };
}

/** @param secret any text; the key is made of its hash */
export function ed25519Key(name: string, secret: string): SubstrateKey {
  const seed = keccak256(utf8(secret));
  const address = ss58Encode(GENERIC_PREFIX, ed25519FromSeed(seed).publicKey);
  return { name, address, type: "ed25519", sign: (message) => ed25519Sign(seed, message) };
}

/** @param secret any text; the key is made of its hash, as that of the example in EIP-712 */
export function evmKey(secret: string): EvmKey {
  const pair = ecdsaFromSecret(keccak256(utf8(secret)));
  const address = pair && ethereumAddress(pair.publicKey);
  assert(pair && address, "a hash is a secret");
  return {
    address: toHex(address),
    sign(hash) {
      const signature = ecdsaSign(pair, hash);
      signature[64] = (signature[64] ?? 0) + 27;
      return signature;
    },
  };
}
