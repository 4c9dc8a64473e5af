/** Questions and answers about blocks, as the sync machines speak of them; `@pha/network` has their encoding. */

/** A block by hash, or by number on the answerer's best chain. */
export type BlockId =
  | { readonly hash: Uint8Array; readonly number?: undefined }
  | { readonly number: number; readonly hash?: undefined };

export interface BlockParts {
  readonly header: boolean;
  readonly body: boolean;
  readonly justification: boolean;
}

export interface BlockRequest {
  readonly parts: BlockParts;
  readonly from: BlockId;
  readonly direction: "ascending" | "descending";
  /** 1 to `MAX_BLOCKS_PER_RESPONSE`. */
  readonly maxBlocks: number;
  /** Justifications come with their engines' names; otherwise the one of GRANDPA alone. */
  readonly namesEngines: boolean;
}

/** Blocks of one answer, whatever was asked for. */
export const MAX_BLOCKS_PER_RESPONSE = 128;

export interface BlockJustification {
  /** Engine id, four characters. */
  readonly engine: string;
  readonly justification: Uint8Array;
}

export interface BlockData {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  /** Encoded. */
  readonly header: Uint8Array | undefined;
  /** Extrinsics with their length inside; empty when the body was not asked for. */
  readonly body: readonly Uint8Array[];
  readonly justifications: readonly BlockJustification[];
}
