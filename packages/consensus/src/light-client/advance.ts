/**
 * Light client: follows GRANDPA finality from a trusted head, batch by batch.
 *
 * A batch is contiguous headers after the finalized one and a justification for the last. A header that schedules a
 * change of the authority set ends its batch (it is the mandatory block of that change): the old set finalizes it, the
 * new one, with the next set id, everything later. Used by pRuntime, where the host feeds it, and by the SDK.
 *
 * ```
 *  finalized ── h ── h ── h(change) ‖ h ── h ── h
 *               └─ justified by set n ┘ └ by set n + 1 ┘
 * ```
 *
 * **Bounds**: `MAX_BATCH_HEADERS` headers of `MAX_HEADER_BYTES` each, one justification of `MAX_JUSTIFICATION_BYTES`.
 * **Trust**: the batch is hostile. Assumed: less than a third of each set's weight is malicious while it is current.
 * **Not here**: BABE (finality stands without it), storage proofs (`@pha/state`), staleness (the caller's clock).
 */
import { blake2b256 } from "@pha/crypto";
import { type DecodeError, decode, equalBytes, fail, ok, type Result } from "@pha/scale";
import { totalWeightOf } from "../authorities.ts";
import type { AuthoritySet } from "../grandpa/authority-set.ts";
import {
  announcedChangesOf,
  type GrandpaDigestError,
  type ScheduledChange,
} from "../grandpa/digest.ts";
import { Justification } from "../grandpa/justification.ts";
import { type JustificationError, verifyJustification } from "../grandpa/verify-justification.ts";
import { decodeHeader, type Header, type HeaderError } from "../header.ts";
import type { FinalizedHead, LightClientState } from "./state.ts";

export const MAX_BATCH_HEADERS = 4096;
export const MAX_JUSTIFICATION_BYTES = 8 << 20;

export interface LightClientBatch {
  /** Encoded headers after the finalized one, in order, at least one. */
  readonly headers: readonly Uint8Array[];
  /** Encoded justification of the last header. */
  readonly justification: Uint8Array;
}

/** Its byte strings are views of the batch. */
export interface FinalizedHeader extends FinalizedHead {
  readonly header: Header;
}

export interface Advanced {
  readonly state: LightClientState;
  /** One per header of the batch, same order. */
  readonly finalizedHeaders: readonly FinalizedHeader[];
}

export type LightClientError =
  | { readonly code: "light/empty-batch" }
  | { readonly code: "light/batch-too-long"; readonly count: number; readonly maxHeaders: number }
  | { readonly code: "light/bad-header"; readonly index: number; readonly cause: HeaderError }
  /** The header's height is not one more than the one before. */
  | { readonly code: "light/gap"; readonly expected: number; readonly actual: number }
  | { readonly code: "light/wrong-parent"; readonly number: number }
  | {
      readonly code: "light/bad-digest";
      readonly number: number;
      readonly cause: GrandpaDigestError;
    }
  | { readonly code: "light/forced-change"; readonly number: number }
  | { readonly code: "light/delayed-change"; readonly number: number; readonly delay: number }
  | { readonly code: "light/empty-set"; readonly number: number }
  /** A header inside the batch schedules a change; the batch must end at it. */
  | { readonly code: "light/passed-set-change"; readonly number: number }
  | { readonly code: "light/bad-justification"; readonly cause: DecodeError }
  | {
      readonly code: "light/justification-too-long";
      readonly length: number;
      readonly maxBytes: number;
    }
  | JustificationError;

export function advance(
  state: LightClientState,
  { headers, justification }: LightClientBatch,
): Result<Advanced, LightClientError> {
  if (headers.length === 0) return fail({ code: "light/empty-batch" });
  if (headers.length > MAX_BATCH_HEADERS)
    return fail({
      code: "light/batch-too-long",
      count: headers.length,
      maxHeaders: MAX_BATCH_HEADERS,
    });
  const chain = followHeaders(state.finalized, headers);
  if (!chain.ok) return chain;
  const { finalizedHeaders, last, change } = chain.value;
  const justified = verifyEncodedJustification(justification, last, state.set);
  if (!justified.ok) return justified;
  const { hash, number, stateRoot } = last;
  return ok({
    state: {
      genesisHash: state.genesisHash,
      // Copied, because the state outlives the caller's buffer; the hash is our own.
      finalized: { hash, number, stateRoot: stateRoot.slice() },
      set: change ? nextSet(state.set, change) : state.set,
    },
    finalizedHeaders,
  });
}

interface FollowedHeaders {
  readonly finalizedHeaders: readonly FinalizedHeader[];
  readonly last: FinalizedHeader;
  /** Announced by the last header. */
  readonly change: ScheduledChange | undefined;
}

function followHeaders(
  start: FinalizedHead,
  headers: readonly Uint8Array[],
): Result<FollowedHeaders, LightClientError> {
  const finalizedHeaders: FinalizedHeader[] = [];
  let previous = start;
  let last: FinalizedHeader | undefined;
  let change: ScheduledChange | undefined;
  for (const [index, encoded] of headers.entries()) {
    if (change) return fail({ code: "light/passed-set-change", number: previous.number });
    const decoded = decodeHeader(encoded);
    if (!decoded.ok) return fail({ code: "light/bad-header", index, cause: decoded.error });
    const header = decoded.value;
    const { number, stateRoot } = header;
    if (number !== previous.number + 1)
      return fail({ code: "light/gap", expected: previous.number + 1, actual: number });
    if (!equalBytes(header.parentHash, previous.hash))
      return fail({ code: "light/wrong-parent", number });
    const announced = changeOf(header);
    if (!announced.ok) return announced;
    change = announced.value;
    // Decoding is strict: these bytes are the header's only encoding.
    last = { hash: blake2b256(encoded), number, stateRoot, header };
    finalizedHeaders.push(last);
    previous = last;
  }
  if (last === undefined) return fail({ code: "light/empty-batch" });
  return ok({ finalizedHeaders, last, change });
}

/** Change of the voters that a header schedules; others than at once are refused. */
export function changeOf(header: Header): Result<ScheduledChange | undefined, LightClientError> {
  const { number } = header;
  const announced = announcedChangesOf(header);
  if (!announced.ok) return fail({ code: "light/bad-digest", number, cause: announced.error });
  const { scheduled, forced } = announced.value;
  if (forced) return fail({ code: "light/forced-change", number });
  if (scheduled === undefined) return ok(undefined);
  if (scheduled.delay !== 0)
    return fail({ code: "light/delayed-change", number, delay: scheduled.delay });
  if (totalWeightOf(scheduled.authorities) === 0n) return fail({ code: "light/empty-set", number });
  return ok(scheduled);
}

function verifyEncodedJustification(
  encoded: Uint8Array,
  target: FinalizedHead,
  set: AuthoritySet,
): Result<unknown, LightClientError> {
  if (encoded.length > MAX_JUSTIFICATION_BYTES)
    return fail({
      code: "light/justification-too-long",
      length: encoded.length,
      maxBytes: MAX_JUSTIFICATION_BYTES,
    });
  const decoded = decode(Justification, encoded);
  if (!decoded.ok) return fail({ code: "light/bad-justification", cause: decoded.error });
  return verifyJustification({
    justification: decoded.value,
    target: { hash: target.hash, number: target.number },
    set,
  });
}

/** Copied, because the state outlives the caller's buffer. */
export function nextSet(set: AuthoritySet, change: ScheduledChange): AuthoritySet {
  return {
    setId: set.setId + 1n,
    authorities: change.authorities.map(({ key, weight }) => ({ key: key.slice(), weight })),
  };
}
