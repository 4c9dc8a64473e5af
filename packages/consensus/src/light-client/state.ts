/** What a light client knows, and how it is kept between runs. */
import { assert, type Codec, checked, fixedBytes, mapCodec, struct, u8, u32 } from "@pha/scale";
import { AuthoritySet } from "../grandpa/authority-set.ts";
import { type Header, headerHash } from "../header.ts";

export interface FinalizedHead {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly number: number;
  /** 32 bytes; read proofs are checked against it. */
  readonly stateRoot: Uint8Array;
}

export interface LightClientState {
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
  readonly finalized: FinalizedHead;
  /** Set that must justify the next block. */
  readonly set: AuthoritySet;
}

const VERSION = 1;

/** Encoding of the state for a sealed store or a page's storage; other versions are refused. */
export const LightClientCheckpoint: Codec<LightClientState> = mapCodec(
  struct({
    version: checked(u8, (version) => version === VERSION),
    genesisHash: fixedBytes(32),
    finalized: struct({ hash: fixedBytes(32), number: u32, stateRoot: fixedBytes(32) }),
    set: AuthoritySet,
  }),
  ({ genesisHash, finalized, set }) => ({ genesisHash, finalized, set }),
  (state) => ({ version: VERSION, ...state }),
);

/** Start of a chain whose genesis header and first authority set the caller trusts. */
export function startFromGenesis({
  genesisHeader,
  set,
}: {
  readonly genesisHeader: Header;
  readonly set: AuthoritySet;
}): LightClientState {
  assert(genesisHeader.number === 0, "a genesis header has number 0");
  const genesisHash = headerHash(genesisHeader);
  return {
    genesisHash,
    finalized: { hash: genesisHash, number: 0, stateRoot: genesisHeader.stateRoot },
    set,
  };
}
