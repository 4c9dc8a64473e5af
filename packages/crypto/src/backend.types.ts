/**
 * What a platform must supply: the primitives whose speed depends on it, and entropy.
 *
 * `#backend` resolves to `backend.node.ts` under Node and to `backend.web.ts` elsewhere; the compiler sees this file.
 * Both halves give the same verdicts on every input (`backend.test.ts`), because a verdict on which two machines
 * differ splits the chain. Lengths are checked by the callers, in the files named after the concepts.
 */
export interface Backend {
  readonly name: "node" | "web";

  /** `bytes` of output, 1 to 64. */
  readonly blake2b: (data: Uint8Array, bytes: number) => Uint8Array;
  /** Key of 1 to 64 bytes. */
  readonly blake2bKeyed: (key: Uint8Array, data: Uint8Array, bytes: number) => Uint8Array;
  readonly xxh64: (data: Uint8Array, seed: bigint) => bigint;
  readonly sha256: (data: Uint8Array) => Uint8Array;
  readonly sha384: (data: Uint8Array) => Uint8Array;
  readonly sha512: (data: Uint8Array) => Uint8Array;
  readonly keccak256: (data: Uint8Array) => Uint8Array;
  readonly hmacSha256: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  readonly pbkdf2Sha512: (
    password: Uint8Array,
    salt: Uint8Array,
    rounds: number,
    bytes: number,
  ) => Uint8Array;

  readonly ed25519PublicKey: (seed: Uint8Array) => Uint8Array;
  readonly ed25519Sign: (seed: Uint8Array, message: Uint8Array) => Uint8Array;
  readonly ed25519Verify: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;

  readonly x25519PublicKey: (secret: Uint8Array) => Uint8Array;
  /** `undefined` when the shared secret would be all zero. */
  readonly x25519: (secret: Uint8Array, publicKey: Uint8Array) => Uint8Array | undefined;

  readonly aes256GcmSeal: (
    key: Uint8Array,
    nonce: Uint8Array,
    plaintext: Uint8Array,
    aad: Uint8Array,
  ) => Uint8Array;
  readonly aes256GcmOpen: (
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    aad: Uint8Array,
  ) => Uint8Array | undefined;
  readonly aes256Ctr: (key: Uint8Array, iv: Uint8Array, data: Uint8Array) => Uint8Array;

  /** 64 bytes of secret, then 32 of public key. */
  readonly sr25519FromSeed: (seed: Uint8Array) => Uint8Array;
  readonly sr25519Sign: (
    publicKey: Uint8Array,
    secretKey: Uint8Array,
    message: Uint8Array,
  ) => Uint8Array;
  /** Called only with a signature that `isMarkedSignature` accepts. */
  readonly sr25519Verify: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;
  /** 96 bytes in (secret, public), 96 out. */
  readonly sr25519DeriveHard: (pair: Uint8Array, chainCode: Uint8Array) => Uint8Array;
  readonly sr25519DeriveSoft: (pair: Uint8Array, chainCode: Uint8Array) => Uint8Array;
  /** Called only with a public key that decodes to a point. */
  readonly sr25519DerivePublicSoft: (publicKey: Uint8Array, chainCode: Uint8Array) => Uint8Array;
  /** Called only with a public key that decodes to a point. */
  readonly sr25519Agree: (publicKey: Uint8Array, secretKey: Uint8Array) => Uint8Array;

  /** Compressed, 33 bytes; `undefined` for zero or a value not below the group order. */
  readonly secp256k1PublicKey: (secret: Uint8Array) => Uint8Array | undefined;
  /** 64 bytes `r ‖ s` with low `s`, then the recovery id 0 or 1. Deterministic (RFC 6979). */
  readonly secp256k1Sign: (hash: Uint8Array, secret: Uint8Array) => Uint8Array;
  /** `signature` is 64 bytes, `recovery` 0 to 3. Compressed key, or `undefined` when there is none. */
  readonly secp256k1Recover: (
    hash: Uint8Array,
    signature: Uint8Array,
    recovery: number,
  ) => Uint8Array | undefined;
  /** 65 bytes, starting with 4; `undefined` when `publicKey` is not a point. */
  readonly secp256k1Expand: (publicKey: Uint8Array) => Uint8Array | undefined;

  /**
   * `publicKey` is `x ‖ y` of a point of the curve, `signature` is `r ‖ s`, both between 1 and the order: `weierstrass.ts`
   * has seen to it. `digestBits` is 256, 384 or 512.
   */
  readonly p256Verify: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    digestBits: number,
  ) => boolean;
  /** As over P-256. */
  readonly p384Verify: Backend["p256Verify"];

  // BLS12-381. A point is its affine coordinates, big-endian: x ‖ y in G₁ (96 bytes), the higher coefficient of each
  // first in G₂ (192); the identity is all zero. A scalar is 32 bytes, big-endian, below the order. Anything else, or a
  // point that is not on the curve, is a broken promise of the caller. Whether it is in the subgroup, only `Decompress`
  // asks.

  /** 48 bytes with canonical flags and x below the modulus; `undefined` unless it is a point of the subgroup. */
  readonly blsDecompressG1: (compressed: Uint8Array) => Uint8Array | undefined;
  /** 96 bytes, as in G₁. */
  readonly blsDecompressG2: (compressed: Uint8Array) => Uint8Array | undefined;
  readonly blsAddG1: (a: Uint8Array, b: Uint8Array) => Uint8Array;
  readonly blsAddG2: (a: Uint8Array, b: Uint8Array) => Uint8Array;
  /** Takes as long as the scalar is. */
  readonly blsMultiplyG1: (point: Uint8Array, scalar: Uint8Array) => Uint8Array;
  readonly blsMultiplyG2: (point: Uint8Array, scalar: Uint8Array) => Uint8Array;
  /** For scalars that are secret. */
  readonly blsMultiplySecretG1: (point: Uint8Array, scalar: Uint8Array) => Uint8Array;
  readonly blsMultiplySecretG2: (point: Uint8Array, scalar: Uint8Array) => Uint8Array;
  /** RFC 9380 `map_to_curve` of two elements of the field, 64 uniform bytes each, and `clear_cofactor` of their sum. */
  readonly blsMapToG1: (uniform: Uint8Array) => Uint8Array;
  /** Twelve coefficients of 48 bytes, the lowest of the tower first. Neither point is the identity. */
  readonly blsPairing: (p: Uint8Array, q: Uint8Array) => Uint8Array;
  /** Of the points in `ps` with those in `qs`, one behind the other; at most four, none the identity. */
  readonly blsPairingProductIsOne: (ps: Uint8Array, qs: Uint8Array) => boolean;

  /** From the operating system. */
  readonly randomBytes: (bytes: number) => Uint8Array;
}

export declare const backend: Backend;
