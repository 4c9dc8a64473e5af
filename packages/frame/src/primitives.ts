/** Codecs of the primitives that every Substrate tool knows by their path. */
import { type Codec, fixedBytes } from "@pha/scale";

/** 32 bytes. */
export type AccountId = Uint8Array;

function newtype(length: number, path: readonly string[]): Codec<Uint8Array> {
  const inner = fixedBytes(length);
  return {
    ...inner,
    shape: {
      kind: "composite",
      path,
      fields: [{ shape: inner.shape, typeName: `[u8; ${length}]` }],
    },
  };
}

/** Account: a public key, or derived. */
export const accountId: Codec<AccountId> = newtype(32, ["sp_core", "crypto", "AccountId32"]);
/** 32-byte hash. */
export const h256: Codec<Uint8Array> = newtype(32, ["primitive_types", "H256"]);
