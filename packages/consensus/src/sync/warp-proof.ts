/**
 * Answer of `sync/warp`: the headers that changed the GRANDPA authorities, each with the justification that made it
 * final, and in the end the newest finalized block. Encoding only.
 *
 * @see polkadot-spec "Warp sync"
 */
import { bool, type Codec, struct, vec } from "@pha/scale";
import { Justification } from "../grandpa/justification.ts";
import { Header } from "../header.ts";

/** Fragments of one answer; the next request asks for those after them. */
export const MAX_WARP_FRAGMENTS = 4096;

export interface WarpFragment {
  readonly header: Header;
  /** Of this very header. */
  readonly justification: Justification;
}

export interface WarpProof {
  readonly fragments: readonly WarpFragment[];
  /** The last fragment is the newest finalized block. */
  readonly isFinished: boolean;
}

export const WarpFragment: Codec<WarpFragment> = struct({
  header: Header,
  justification: Justification,
});

export const WarpProof: Codec<WarpProof> = struct({
  fragments: vec(WarpFragment, MAX_WARP_FRAGMENTS),
  isFinished: bool,
});
