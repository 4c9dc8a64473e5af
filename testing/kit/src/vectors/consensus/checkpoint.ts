/** Vectors of light-client checkpoints: epochs in their raw form, the GRANDPA set, set changes. */
import assert from "node:assert/strict";
import {
  BabeEpoch,
  headerHash,
  LightClientCheckpoint,
  type LightClientState,
  voterWeightsOf,
} from "@pha/consensus";
import {
  type Codec,
  decode,
  encode,
  fixedBytes,
  lazy,
  option,
  struct,
  toHex,
  tuple,
  u32,
  u64,
  variant,
  variants,
  vec,
} from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { authoritiesAt } from "./authorities.ts";
import { checkpointHeader } from "./babe.ts";
import { checkDigestItem, headerAt } from "./headers.ts";
import { bigAt, hexAt, type Json, numberAt, objectAt, objectsAt, textAt } from "./json.ts";

interface EpochNode {
  readonly hash: Uint8Array;
  readonly number: number;
  readonly header: unknown;
  readonly children: readonly EpochNode[];
}

const span = struct({ start: u64, end: u64 });
const node: Codec<EpochNode> = struct({
  hash: fixedBytes(32),
  number: u32,
  header: variants({ Genesis: variant(0, tuple(span, span)), Regular: variant(1, span) }),
  children: lazy(() => vec(node)),
});

/** What a chain spec's `lightSyncState` holds as `babeEpochChanges`. */
const epochChanges = struct({
  roots: vec(node),
  best: option(u32),
  epochs: vec(
    tuple(
      fixedBytes(32),
      u32,
      variants({
        Genesis: variant(0, tuple(BabeEpoch, BabeEpoch)),
        Regular: variant(1, BabeEpoch),
      }),
    ),
  ),
});

export function checkpoint(json: Json): readonly VectorCase[] {
  return [
    ...checkpointHeader(json),
    { name: "checkpoint: header fields and digest", run: () => checkFields(json) },
    { name: "checkpoint: epochs in their raw form", run: () => checkEpochs(json) },
    { name: "checkpoint: state of a light client keeps header and set", run: () => keep(json) },
    {
      name: "checkpoint: heights of set changes",
      run: () => ({ skip: "heights alone prove nothing: the file has no headers of the changes" }),
    },
  ];
}

function checkFields(json: Json): undefined {
  const header = headerAt(objectAt(json, "raw"), "finalizedBlockHeader");
  const expected = objectAt(json, "header");
  assert.equal(header.number, numberAt(expected, "number"));
  for (const key of ["parentHash", "stateRoot", "extrinsicsRoot"] as const)
    assert.equal(toHex(header[key]), textAt(expected, key));
  const listed = objectsAt(expected, "digest");
  assert.equal(header.digest.length, listed.length);
  for (const [i, item] of header.digest.entries()) checkDigestItem(item, listed[i] ?? {});
  return undefined;
}

function checkEpochs(json: Json): undefined {
  const encoded = hexAt(objectAt(json, "raw"), "babeEpochChanges");
  const decoded = decode(epochChanges, encoded);
  assert(decoded.ok, decoded.ok ? "" : `${decoded.error.reason} at ${decoded.error.offset}`);
  assert.equal(toHex(encode(epochChanges, decoded.value)), toHex(encoded));
  const epochs = decoded.value.epochs.flatMap(([, , epoch]) =>
    epoch.type === "Regular" ? [epoch.value] : [...epoch.value],
  );
  const listed = objectsAt(json, "allEpochs");
  assert.equal(epochs.length, listed.length);
  for (const [i, expected] of listed.entries()) {
    const epoch = epochs[i];
    assert(epoch, "every listed epoch is there");
    assert.equal(epoch.index, bigAt(expected, "epochIndex"));
    assert.equal(epoch.startSlot, bigAt(expected, "startSlot"));
    assert.equal(epoch.duration, bigAt(expected, "duration"));
    assert.equal(toHex(epoch.randomness), textAt(expected, "randomness"));
    assert.equal(epoch.authorities.length, numberAt(expected, "authorities"));
  }
  return undefined;
}

function keep(json: Json): undefined {
  const grandpa = objectAt(json, "grandpa");
  const header = headerAt(objectAt(json, "raw"), "finalizedBlockHeader");
  const { number, stateRoot } = header;
  const state: LightClientState = {
    genesisHash: new Uint8Array(32),
    finalized: { hash: headerHash(header), number, stateRoot },
    set: { setId: bigAt(grandpa, "setId"), authorities: authoritiesAt(grandpa, "authorities") },
  };
  const { total, threshold } = voterWeightsOf(state.set);
  assert(3n * threshold > 2n * total && 3n * (threshold - 1n) <= 2n * total, "above two thirds");
  const encoded = encode(LightClientCheckpoint, state);
  const decoded = decode(LightClientCheckpoint, encoded);
  assert.deepEqual(decoded, { ok: true, value: state });
  assert(!decode(LightClientCheckpoint, encoded.subarray(0, -1)).ok, "cut short is refused");
  return undefined;
}
