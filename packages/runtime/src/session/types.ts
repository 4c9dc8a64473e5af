/** Keys of a validator. */
import { type AccountId, accountId } from "@pha/frame";
import { type Codec, fixedBytes, type Shape, struct, tuple } from "@pha/scale";

/** What a validator signs blocks and votes with. */
export interface SessionKeys {
  /** sr25519: makes blocks. */
  readonly babe: Uint8Array;
  /** ed25519: finalizes them. */
  readonly grandpa: Uint8Array;
}

function publicKey(path: readonly string[]): Codec<Uint8Array> {
  const inner = fixedBytes(32);
  const shape: Shape = {
    kind: "composite",
    path,
    fields: [{ shape: inner.shape, typeName: "[u8; 32]" }],
  };
  return { ...inner, shape };
}

export const SessionKeys: Codec<SessionKeys> = struct(
  {
    babe: publicKey(["sp_consensus_babe", "app", "Public"]),
    grandpa: publicKey(["sp_consensus_grandpa", "app", "Public"]),
  },
  {
    path: ["pha_runtime", "SessionKeys"],
    typeNames: {
      babe: "<Babe as $crate::BoundToRuntimeAppPublic>::Public",
      grandpa: "<Grandpa as $crate::BoundToRuntimeAppPublic>::Public",
    },
  },
);

/** A validator and its keys in a session. */
export type KeyedValidator = readonly [account: AccountId, keys: SessionKeys];
export const KeyedValidator: Codec<KeyedValidator> = tuple(accountId, SessionKeys);

/** Kinds of keys, as four characters: `babe` and `gran`. */
export const KEY_KINDS = ["babe", "grandpa"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];
export const KEY_TYPE_IDS: Readonly<Record<KeyKind, string>> = { babe: "babe", grandpa: "gran" };
