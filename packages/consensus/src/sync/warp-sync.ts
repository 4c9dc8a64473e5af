/**
 * Warp sync: asks peers for proofs from the verified head on, until nobody shows more.
 *
 * A peer may show an older final block than there is and is believed, for it is final; so every peer is asked before the
 * end is believed, those that do not answer for `SETTLE_MS` at most.
 *
 * **Bounds**: those of `SerialFetch`; fragments are handed out as they are verified. **Trust**: see `verify-warp-proof.ts`.
 */
import { equalBytes } from "@pha/scale";
import type { LightClientState } from "../light-client/state.ts";
import { SerialFetch } from "./serial-fetch.ts";
import type { SyncPeerName } from "./sync-io.ts";
import { verifyWarpProof } from "./verify-warp-proof.ts";
import type { WarpFragment, WarpProof } from "./warp-proof.ts";

export const SETTLE_MS = 5_000;

/** Hash of the block after which the proof begins. */
export interface WarpRequest {
  readonly begin: Uint8Array;
}

export interface WarpStep {
  readonly state: LightClientState;
  readonly fragments: readonly WarpFragment[];
}

export interface WarpSync {
  readonly fetch: SerialFetch<WarpRequest, WarpProof, WarpStep>;
  readonly state: LightClientState;
  /** Somebody said that there is no more, and everybody else was asked or had the time. */
  isFinished(nowMs: number): boolean;
}

export function createWarpSync(start: LightClientState): WarpSync {
  let state = start;
  /** Peers that showed no more, or did not answer, since the last progress. */
  let asked = new Set<SyncPeerName>();
  let isEndKnown = false;
  let endSinceMs: number | undefined;
  const fetch = new SerialFetch<WarpRequest, WarpProof, WarpStep>({
    want: (peer) => (isEndKnown && asked.has(peer) ? undefined : { begin: state.finalized.hash }),
    judge(peer, { begin }, proof) {
      if (!equalBytes(begin, state.finalized.hash)) return { type: "nothing" };
      const warped = verifyWarpProof(state, proof);
      if (!warped.ok) return { type: "bad", code: "peer/bad-proof" };
      if (proof.fragments.length > 0) {
        asked = new Set();
        endSinceMs = undefined;
      }
      state = warped.value.state;
      isEndKnown = proof.isFinished;
      if (proof.isFinished) asked.add(peer);
      return { type: "good", found: { state, fragments: proof.fragments } };
    },
    onFailure: (peer) => asked.add(peer),
  });
  return {
    fetch,
    get state() {
      return state;
    },
    isFinished(nowMs) {
      if (!isEndKnown) return false;
      endSinceMs ??= nowMs;
      return fetch.peerNames.every((peer) => asked.has(peer)) || nowMs - endSinceMs >= SETTLE_MS;
    },
  };
}
