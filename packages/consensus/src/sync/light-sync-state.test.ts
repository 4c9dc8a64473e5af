import { decode, fixedBytes, struct, toHex, tuple, u8, u32, vec } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { aHeader, authoritiesOf, bytesOf, refOf, voters } from "../../test/chain-builder.ts";
import { Authorities } from "../authorities.ts";
import { babeConsensusItem } from "../babe/digest.ts";
import { BabeEpoch } from "../babe/epoch.ts";
import type { EpochContext } from "../babe/epoch-context.ts";
import type { AuthoritySet } from "../grandpa/authority-set.ts";
import { decodeHeader, type Header, headerHash } from "../header.ts";
import { createLightSyncState, type LightSyncInput } from "./light-sync-state.ts";

const authorities = authoritiesOf(voters(3));
const set: AuthoritySet = { setId: 7n, authorities };
const epoch = (index: bigint): BabeEpoch => ({
  index,
  startSlot: 100n + index * 10n,
  duration: 10n,
  authorities,
  randomness: bytesOf(Number(index)),
  config: { c: [1n, 4n], allowedSlots: 2 },
});
const epochs: EpochContext = { current: epoch(1n), next: epoch(2n) };

/** Each block whose number is given announces an epoch. */
function aChain(length: number, announcing: readonly number[]) {
  const byHash = new Map<string, Header>();
  const genesis = aHeader();
  byHash.set(toHex(headerHash(genesis)), genesis);
  const headers = [genesis];
  for (let number = 1; number <= length; number++) {
    const parentHash = headerHash(headers.at(-1)!);
    const value = { authorities, randomness: bytesOf(number) };
    const digest = announcing.includes(number)
      ? [babeConsensusItem({ type: "NextEpochData", value })]
      : [];
    const header = aHeader({ parentHash, number, digest });
    byHash.set(toHex(headerHash(header)), header);
    headers.push(header);
  }
  const input = (number: number): LightSyncInput => ({
    header: headers[number]!,
    epochs,
    set,
    headerOf: (hash) => byHash.get(toHex(hash)),
  });
  return { headers, input };
}

/** What clients read; the kind of both epochs is 1, regular. */
const EpochChanges = struct({
  emptyTree: fixedBytes(2),
  epochs: vec(tuple(fixedBytes(32), u32, u8, BabeEpoch)),
});
const Voters = struct({ authorities: Authorities, setId: fixedBytes(8), rest: fixedBytes(4) });

describe("a checkpoint", () => {
  const { headers, input } = aChain(40, [1, 11, 21, 31]);

  test("names the two epochs by the blocks that announced them", () => {
    for (const [number, current, next] of [
      [11, 1, 11],
      [20, 1, 11],
      [21, 11, 21],
      [40, 21, 31],
    ] as const) {
      const made = createLightSyncState(input(number));
      if (!made.ok) throw new Error(made.error.code);
      const changes = decode(EpochChanges, made.value.babeEpochChanges);
      expect(changes.ok && changes.value.epochs).toEqual([
        [refOf(headers[current]!).hash, current, 1, epochs.current],
        [refOf(headers[next]!).hash, next, 1, epochs.next],
      ]);
      expect(decodeHeader(made.value.finalizedBlockHeader)).toEqual({
        ok: true,
        value: headers[number],
      });
    }
  });

  test("has the voters, and no change of them under way", () => {
    const made = createLightSyncState(input(25));
    const read = made.ok ? decode(Voters, made.value.grandpaAuthoritySet) : made;
    expect(read).toEqual({
      ok: true,
      value: { authorities, setId: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0), rest: new Uint8Array(4) },
    });
  });

  test("is not made in epoch 0, nor without the headers of two epochs", () => {
    for (const number of [0, 1, 10])
      expect(createLightSyncState(input(number))).toEqual({
        ok: false,
        error: { code: "checkpoint/too-early", number },
      });
    const pruned = { ...input(25), headerOf: () => undefined };
    expect(createLightSyncState(pruned)).toEqual({
      ok: false,
      error: { code: "checkpoint/missing-ancestor", hash: headers[25]!.parentHash },
    });
  });
});
