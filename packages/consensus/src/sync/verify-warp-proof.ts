/**
 * Follows GRANDPA finality over a warp proof: from set change to set change, without the headers between.
 *
 * **Bounds**: `MAX_WARP_FRAGMENTS` fragments. **Trust**: the proof is hostile, the state it starts from the caller's;
 * assumed is what the light client assumes. That no change was left out between two fragments shows by the signatures:
 * the set id is in what is signed.
 */
import { decode, fail, ok, type Result } from "@pha/scale";
import { Justification } from "../grandpa/justification.ts";
import { verifyJustification } from "../grandpa/verify-justification.ts";
import { decodeHeader, type Header, headerHash } from "../header.ts";
import {
  changeOf,
  type LightClientError,
  MAX_JUSTIFICATION_BYTES,
  nextSet,
} from "../light-client/advance.ts";
import type { LightClientState } from "../light-client/state.ts";
import { MAX_WARP_FRAGMENTS, type WarpFragment, type WarpProof } from "./warp-proof.ts";

export type WarpError =
  | LightClientError
  | { readonly code: "warp/too-long"; readonly count: number }
  | { readonly code: "warp/empty" }
  | { readonly code: "warp/justification-count"; readonly headers: number; readonly count: number }
  | { readonly code: "warp/not-ascending"; readonly number: number }
  /** A fragment that is not the newest block changes no set. */
  | { readonly code: "warp/no-set-change"; readonly number: number };

export interface Warped {
  readonly state: LightClientState;
  /** Header of the finalized block; `undefined` when the proof leads nowhere. */
  readonly head: Header | undefined;
}

export function verifyWarpProof(
  start: LightClientState,
  { fragments, isFinished }: WarpProof,
): Result<Warped, WarpError> {
  if (fragments.length > MAX_WARP_FRAGMENTS)
    return fail({ code: "warp/too-long", count: fragments.length });
  if (fragments.length === 0 && !isFinished) return fail({ code: "warp/empty" });
  let state = start;
  let head: Header | undefined;
  for (const [i, { header, justification }] of fragments.entries()) {
    const { number, stateRoot } = header;
    if (number <= state.finalized.number) return fail({ code: "warp/not-ascending", number });
    const change = changeOf(header);
    if (!change.ok) return change;
    const mayEnd = isFinished && i === fragments.length - 1;
    if (change.value === undefined && !mayEnd) return fail({ code: "warp/no-set-change", number });
    const hash = headerHash(header);
    const { set } = state;
    const verified = verifyJustification({ justification, target: { hash, number }, set });
    if (!verified.ok) return verified;
    state = {
      genesisHash: state.genesisHash,
      finalized: { hash, number, stateRoot: stateRoot.slice() },
      set: change.value ? nextSet(set, change.value) : set,
    };
    head = header;
  }
  return ok({ state, head });
}

export interface EncodedWarp {
  /** Encoded headers, ascending, at least one; all but the last change the voters. */
  readonly headers: readonly Uint8Array[];
  /** Encoded justification of each header, same order. */
  readonly justifications: readonly Uint8Array[];
}

/** As `verifyWarpProof`, of a warp that leads somewhere, from its encoded parts. */
export function verifyEncodedWarp(
  start: LightClientState,
  { headers, justifications }: EncodedWarp,
): Result<{ readonly state: LightClientState; readonly head: Header }, WarpError> {
  if (headers.length > MAX_WARP_FRAGMENTS)
    return fail({ code: "warp/too-long", count: headers.length });
  if (justifications.length !== headers.length)
    return fail({
      code: "warp/justification-count",
      headers: headers.length,
      count: justifications.length,
    });
  const fragments: WarpFragment[] = [];
  for (const [index, encoded] of headers.entries()) {
    const header = decodeHeader(encoded);
    if (!header.ok) return fail({ code: "light/bad-header", index, cause: header.error });
    const bytes = justifications[index] ?? NOTHING;
    if (bytes.length > MAX_JUSTIFICATION_BYTES)
      return fail({
        code: "light/justification-too-long",
        length: bytes.length,
        maxBytes: MAX_JUSTIFICATION_BYTES,
      });
    const justification = decode(Justification, bytes);
    if (!justification.ok)
      return fail({ code: "light/bad-justification", cause: justification.error });
    fragments.push({ header: header.value, justification: justification.value });
  }
  const warped = verifyWarpProof(start, { fragments, isFinished: true });
  if (!warped.ok) return warped;
  const { state, head } = warped.value;
  return head ? ok({ state, head }) : fail({ code: "warp/empty" });
}

const NOTHING = new Uint8Array(0);
