/** Secret keys of a validator's sessions, and what they sign: in the signer's process, and in tests. */
import { ownershipStatement, sealPayload, signedVotePayload } from "@pha/consensus";
import {
  type BabeVrfInput,
  ed25519Sign,
  pairFromUri,
  type sr25519FromSeed,
  sr25519Sign,
  type VrfDraw,
  vrfDrawBabe,
} from "@pha/crypto";
import { concatBytes, equalBytes, PhaError } from "@pha/scale";
import type { Keystore, SessionPair } from "./keystore.ts";

export interface BabeSigner {
  drawSlot(input: BabeVrfInput): VrfDraw;
  signSeal(payload: Uint8Array): Uint8Array;
}

export interface GrandpaSigner {
  signVote(payload: Uint8Array): Uint8Array;
}

export interface SecretKeys {
  /** @param key sr25519 public key; `undefined` when its secret is not here */
  babe(key: Uint8Array): BabeSigner | undefined;
  /** @param key ed25519 public key; `undefined` when its secret is not here */
  grandpa(key: Uint8Array): GrandpaSigner | undefined;
}

/** The keys of one secret. */
export interface SingleSecret extends SecretKeys, BabeSigner, GrandpaSigner {
  /** sr25519 public key, 32 bytes. */
  readonly babeKey: Uint8Array;
  /** ed25519 public key, 32 bytes. */
  readonly grandpaKey: Uint8Array;
}

/**
 * @param uri secret such as `//Alice`, used for both keys
 * @throws PhaError `keystore/bad-secret`
 */
export function openSecret(uri: string): SingleSecret {
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

export interface SingleKeystore
  extends Keystore,
    Pick<SingleSecret, "babeKey" | "grandpaKey" | "signSeal" | "signVote"> {}

/**
 * A keystore in this process, for tests: it signs whatever it is asked for, twice in a slot too.
 *
 * @throws PhaError `keystore/bad-secret`
 */
export function openKeystore(uri: string): SingleKeystore {
  const secret = openSecret(uri);
  const { babeKey, grandpaKey, drawSlot, signSeal, signVote } = secret;
  const owned = <T>(signer: T | undefined, use: (signer: T) => Uint8Array): Promise<Uint8Array> =>
    signer === undefined ? Promise.reject(noKey()) : Promise.resolve(use(signer));
  return {
    babeKey,
    grandpaKey,
    signSeal,
    signVote,
    has: (type, key) => equalBytes(key, type === "babe" ? babeKey : grandpaKey),
    draw: (_key, input) => Promise.resolve(drawSlot(input).preOutput),
    prove: (_key, input) => Promise.resolve(drawSlot(input).prove()),
    seal: (key, header) => owned(secret.babe(key), (one) => one.signSeal(sealPayload(header))),
    vote: (key, { kind, setId, round, target }) =>
      owned(secret.grandpa(key), (one) =>
        one.signVote(signedVotePayload(kind, { ...target, round, setId })),
      ),
  };
}

/**
 * Shows the chain that an account's owner holds the keys.
 *
 * @throws PhaError `keystore/no-key`
 */
export function ownershipProof(
  keys: SecretKeys,
  { babe, grandpa }: SessionPair,
  owner: Uint8Array,
): Uint8Array {
  const statement = ownershipStatement(owner);
  const [seal, vote] = [
    keys.babe(babe)?.signSeal(statement),
    keys.grandpa(grandpa)?.signVote(statement),
  ];
  if (!seal || !vote) throw noKey();
  return concatBytes(seal, vote);
}

export function badSecret(): PhaError {
  return new PhaError("keystore/bad-secret", "the authority's secret cannot be read", {
    hint: "give a development path such as //Alice, a mnemonic phrase, or a seed in hex",
  });
}

export function noKey(): PhaError {
  return new PhaError("keystore/no-key", "the keystore has no secret of these keys", {
    hint: "`pha key inspect` lists the keys of a keystore; `pha key generate` makes new ones",
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
