/**
 * What an auditor is given (protocol §9): the keys of each name that a cluster's keys had, sealed to the key that all
 * contracts of the cluster declare in their manifests.
 *
 * Whoever holds the audit key opens everything of that cluster: commands, replies, state. So replicas seal nothing unless
 * every contract there declares the same key, and the chain takes no contract into the cluster that does not.
 *
 * **Trust**: an opening on chain is what a majority of the replicas made; its keys prove themselves by opening steps that
 * lead to final roots.
 */
import { blake2b256, hkdf, hpkeOpen, hpkeSeal, isHpkeRecipient } from "@pha/crypto";
import {
  boundedBytes,
  type CodecType,
  concatBytes,
  decode,
  encode,
  fail,
  fixedBytes,
  type Result,
  struct,
  u32,
  u64,
  vec,
} from "@pha/scale";
import { EpochName, MAX_FORMERS } from "./cluster.ts";
import { DOMAIN } from "./domain.ts";
import { Hash, X25519Key } from "./ids.ts";

/** Openings that the chain keeps of one cluster; the oldest goes. */
export const MAX_OPENINGS = 64;
/** Bytes of two versions of a state key. */
const MAX_RING_BYTES = 64;
const MAX_SEALED_OPENING = 256;

/** Everything that was under one name. */
export const OpeningKeys = struct({
  /** Key of the cluster under this name, from which sealing, reply and random keys follow. */
  vetKey: fixedBytes(48),
  /** Newest version of the state key, and the bytes of this and the one before it, the newest first. */
  newest: u32,
  stateKeys: boundedBytes(MAX_RING_BYTES),
});
export type OpeningKeys = CodecType<typeof OpeningKeys>;

/** Payload of topic `^pha/cluster/audit`; replicas vote by equal bytes. */
export const AuditOpening = struct(
  {
    cluster: Hash,
    generation: u64,
    epoch: u64,
    /** Newest version of the state key in it. */
    version: u32,
    auditKey: X25519Key,
    /** Encapsulated key ‖ ciphertext. */
    sealed: boundedBytes(MAX_SEALED_OPENING),
  },
  { path: ["pha_protocol", "audit", "AuditOpening"] },
);
export type AuditOpening = CodecType<typeof AuditOpening>;

/** An opening that a majority made, and the former names that replicas held keys of under this one. */
export const KeptOpening = struct(
  { opening: AuditOpening, formers: vec(EpochName, MAX_FORMERS) },
  { path: ["pha_protocol", "audit", "KeptOpening"] },
);
export type KeptOpening = CodecType<typeof KeptOpening>;

/** Storage `PhalaPhatContracts.AuditOpenings[cluster]`, the oldest first. */
export const AuditOpenings = vec(KeptOpening, MAX_OPENINGS);

type Name = Omit<AuditOpening, "sealed">;
const Context = struct({
  genesisHash: Hash,
  cluster: Hash,
  generation: u64,
  epoch: u64,
  version: u32,
});

function infoOf(genesisHash: Uint8Array, name: Name): Uint8Array {
  return concatBytes(DOMAIN.audit, encode(Context, { genesisHash, ...name }));
}

const NOTHING = new Uint8Array(0);

/**
 * The same bytes on every replica: the ephemeral key is derived from what is sealed, so no two plaintexts share one.
 *
 * @returns nothing for an audit key that no secret belongs to
 */
export function sealOpening(
  genesisHash: Uint8Array,
  name: Name,
  keys: OpeningKeys,
): AuditOpening | undefined {
  if (!isHpkeRecipient(name.auditKey)) return undefined;
  const info = infoOf(genesisHash, name);
  const plaintext = encode(OpeningKeys, keys);
  const { enc, ciphertext } = hpkeSeal({
    recipient: name.auditKey,
    ephemeralSecret: hkdf(
      plaintext,
      NOTHING,
      concatBytes(DOMAIN.auditEphemeral, name.auditKey, blake2b256(info)),
      32,
    ),
    info,
    aad: NOTHING,
    plaintext,
  });
  plaintext.fill(0);
  return { ...name, sealed: concatBytes(enc, ciphertext) };
}

export type OpeningError = { readonly code: "audit/wrong-key" };

export function openOpening(input: {
  readonly genesisHash: Uint8Array;
  readonly opening: AuditOpening;
  /** X25519. */
  readonly auditSecret: Uint8Array;
}): Result<OpeningKeys, OpeningError> {
  const { genesisHash, opening, auditSecret: secret } = input;
  const { sealed } = opening;
  const plaintext = hpkeOpen({
    secret,
    enc: sealed.subarray(0, 32),
    info: infoOf(genesisHash, opening),
    aad: NOTHING,
    ciphertext: sealed.subarray(32),
  });
  const keys = plaintext && decode(OpeningKeys, plaintext);
  const isNamed = keys?.ok && keys.value.newest === opening.version;
  return isNamed ? keys : fail({ code: "audit/wrong-key" });
}
