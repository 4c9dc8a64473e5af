/** Keys of simulated validators: ed25519, or a model of it that costs a hash. */

import type { SignatureCheck } from "@pha/consensus";
import { bytesKey } from "@pha/consensus";
import { blake2b256, ed25519PublicKey, ed25519Sign, ed25519Verify } from "@pha/crypto";
import { concatBytes, equalBytes, utf8 } from "@pha/scale";

export interface SimKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(payload: Uint8Array): Uint8Array;
}

export interface SimKeys {
  readonly keys: readonly SimKey[];
  readonly verify: SignatureCheck;
}

export function simKeys(count: number, kind: "real" | "model"): SimKeys {
  return kind === "real" ? realKeys(count) : modelKeys(count);
}

function seedOf(index: number): Uint8Array {
  return blake2b256(concatBytes(utf8("validator"), Uint8Array.of(index)));
}

/** Everyone in one process checks the same signatures: each is checked once. */
function realKeys(count: number): SimKeys {
  const checked = new Map<string, boolean>();
  const keys = Array.from({ length: count }, (_, index) => {
    const seed = seedOf(index);
    return {
      publicKey: ed25519PublicKey(seed),
      sign: (payload: Uint8Array) => ed25519Sign(seed, payload),
    };
  });
  const verify: SignatureCheck = (publicKey, message, signature) => {
    const id = bytesKey(concatBytes(publicKey, message, signature));
    let isRight = checked.get(id);
    if (isRight === undefined) {
      isRight = ed25519Verify(publicKey, message, signature);
      checked.set(id, isRight);
    }
    return isRight;
  };
  return { keys, verify };
}

/** Whoever knows a public key can sign with it here; bad validators of the simulation use only their own. */
function modelKeys(count: number): SimKeys {
  const signatureOf = (publicKey: Uint8Array, message: Uint8Array): Uint8Array => {
    const half = blake2b256(concatBytes(publicKey, message));
    return concatBytes(half, half);
  };
  return {
    keys: Array.from({ length: count }, (_, index) => {
      const publicKey = seedOf(index);
      return { publicKey, sign: (payload: Uint8Array) => signatureOf(publicKey, payload) };
    }),
    verify: (publicKey, message, signature) =>
      equalBytes(signature, signatureOf(publicKey, message)),
  };
}
