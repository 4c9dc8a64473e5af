/** Types of the native modules that come without any; only the functions in use. */
declare module "sodium-native" {
  interface Sodium {
    crypto_generichash(out: Uint8Array, data: Uint8Array, key?: Uint8Array): void;
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
    crypto_sign_verify_detached(
      signature: Uint8Array,
      message: Uint8Array,
      publicKey: Uint8Array,
    ): boolean;
    crypto_scalarmult_base(publicKey: Uint8Array, secret: Uint8Array): void;
    /** Throws when the result is all zero. */
    crypto_scalarmult(shared: Uint8Array, secret: Uint8Array, publicKey: Uint8Array): void;
  }
  const sodium: Sodium;
  export = sodium;
}

declare module "secp256k1/bindings.js" {
  interface Secp256k1 {
    privateKeyVerify(secret: Uint8Array): boolean;
    publicKeyCreate(secret: Uint8Array, compressed: boolean): Uint8Array;
    publicKeyConvert(publicKey: Uint8Array, compressed: boolean): Uint8Array;
    publicKeyVerify(publicKey: Uint8Array): boolean;
    ecdsaSign(hash: Uint8Array, secret: Uint8Array): { signature: Uint8Array; recid: number };
    ecdsaRecover(
      signature: Uint8Array,
      recovery: number,
      hash: Uint8Array,
      compressed: boolean,
    ): Uint8Array;
  }
  const secp256k1: Secp256k1;
  export = secp256k1;
}
