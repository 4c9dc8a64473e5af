/** Keys of a validator's sessions; they sign here and go nowhere. */
import type { ClaimInput } from "@pha/consensus";
import {
  ed25519Sign,
  pairFromUri,
  type sr25519FromSeed,
  sr25519Sign,
  vrfDrawBabe,
} from "@pha/crypto";
import { equalBytes, PhaError } from "@pha/scale";

export interface BabeSigner {
  readonly drawSlot: ClaimInput["drawVrf"];
  signSeal(payload: Uint8Array): Uint8Array;
}

export interface GrandpaSigner {
  signVote(payload: Uint8Array): Uint8Array;
}

/** A validator's keys change from session to session: which one signs, the chain says. */
export interface Keystore {
  /** @param key sr25519 public key; `undefined` when its secret is not here */
  babe(key: Uint8Array): BabeSigner | undefined;
  /** @param key ed25519 public key; `undefined` when its secret is not here */
  grandpa(key: Uint8Array): GrandpaSigner | undefined;
}

/** The keys of one secret. */
export interface SingleKeystore extends Keystore, BabeSigner, GrandpaSigner {
  /** sr25519 public key, 32 bytes. */
  readonly babeKey: Uint8Array;
  /** ed25519 public key, 32 bytes. */
  readonly grandpaKey: Uint8Array;
}

/**
 * @param uri secret such as `//Alice`, used for both keys
 * @throws PhaError `keystore/bad-secret`
 */
export function openKeystore(uri: string): SingleKeystore {
  const babe = pairFromUri(uri, "sr25519");
  const grandpa = pairFromUri(uri, "ed25519");
  if (!babe.ok || !grandpa.ok) throw badSecret();
  const signers = { ...babeSigner(babe.value), ...grandpaSigner(grandpa.value.seed) };
  const { publicKey: babeKey } = babe.value;
  const { publicKey: grandpaKey } = grandpa.value;
  return {
    babeKey,
    grandpaKey,
    ...signers,
    babe: (key) => (equalBytes(key, babeKey) ? signers : undefined),
    grandpa: (key) => (equalBytes(key, grandpaKey) ? signers : undefined),
  };
}

/** Whatever one of them can sign. */
export function joinKeystores(keystores: readonly Keystore[]): Keystore {
  const first = <T>(find: (one: Keystore) => T | undefined): T | undefined => {
    for (const one of keystores) {
      const found = find(one);
      if (found) return found;
    }
    return undefined;
  };
  return {
    babe: (key) => first((one) => one.babe(key)),
    grandpa: (key) => first((one) => one.grandpa(key)),
  };
}

export function badSecret(): PhaError {
  return new PhaError("keystore/bad-secret", "the authority's secret cannot be read", {
    hint: "give a development path such as //Alice, a mnemonic phrase, or a seed in hex",
  });
}

export function babeSigner(pair: ReturnType<typeof sr25519FromSeed>): BabeSigner {
  return {
    drawSlot: (input) => vrfDrawBabe(pair, input),
    signSeal: (payload) => sr25519Sign(pair, payload),
  };
}

/** @param seed of an ed25519 key, 32 bytes */
export function grandpaSigner(seed: Uint8Array): GrandpaSigner {
  return { signVote: (payload) => ed25519Sign(seed, payload) };
}
