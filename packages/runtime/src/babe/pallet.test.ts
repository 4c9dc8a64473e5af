import {
  announcedChangesOf,
  BABE_ENGINE,
  BabeEpoch,
  BabePreDigest,
  babeAnnouncementOf,
  deriveEpochRandomness,
  epochForSlot,
} from "@pha/consensus";
import { decode, encode, toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { Grandpa, scheduleGrandpaChange } from "../grandpa/index.ts";
import { headerOf, startTestChain } from "../testing/test-chain.ts";
import { authorOf, Babe } from "./index.ts";

function answer(chain: ReturnType<typeof startTestChain>, name: string): BabeEpoch {
  const bytes = chain.runtime.runtimeApi(chain.overlay, `BabeApi_${name}`, new Uint8Array());
  const epoch = bytes.ok ? decode(BabeEpoch, bytes.value) : undefined;
  if (!epoch?.ok) throw new Error(`${name} is answered`);
  return epoch.value;
}

describe("epochs on chain", () => {
  test("are those that the consensus library follows from the digests", () => {
    const chain = startTestChain();
    chain.block([], 1_000n);
    for (const slot of [1_001n, 1_199n, 1_200n, 1_250n, 1_400n, 2_150n, 2_199n, 2_200n]) {
      const before = { current: answer(chain, "current_epoch"), next: answer(chain, "next_epoch") };
      const { header } = chain.block([], slot);
      const expected = epochForSlot(before, slot);
      const current = answer(chain, "current_epoch");
      expect(current).toEqual(expected);
      const announced = babeAnnouncementOf(header);
      const changed = current.index !== before.current.index;
      expect(announced.ok && announced.value.nextEpoch !== undefined).toBe(changed);
      if (changed && announced.ok)
        expect(announced.value.nextEpoch?.randomness).toEqual(
          answer(chain, "next_epoch").randomness,
        );
      expect(answer(chain, "next_epoch").startSlot).toBe(current.startSlot + 200n);
    }
  });

  test("draw their randomness from the VRF outputs of the epoch before", () => {
    const chain = startTestChain();
    chain.block([], 1_000n);
    const { runtime, overlay } = chain;
    const outputs: Uint8Array[] = [];
    let parent = chain.hash();
    for (let i = 0; i < 300; i++) {
      const preOutput = new Uint8Array(32).fill(i & 255);
      outputs.push(preOutput);
      const slot = 1_001n + BigInt(i) / 2n;
      const header = headerOf(parent, 2 + i, slot);
      const data = encode(BabePreDigest, {
        type: "SecondaryVrf",
        value: { authorityIndex: 0, slot, vrf: { preOutput, proof: new Uint8Array(64) } },
      });
      runtime.initializeBlock(overlay, {
        ...header,
        digest: [{ type: "PreRuntime", value: { engine: BABE_ENGINE, data } }],
      });
      runtime.finalizeBlock(overlay);
      parent = new Uint8Array(32).fill(i & 255);
    }
    const { storage } = runtime.env(overlay).of(Babe);
    expect(storage.SegmentIndex.get()).toBe(1);
    const next = storage.NextRandomness.get();
    runtime.initializeBlock(overlay, headerOf(parent, 400, 1_200n));
    const after = runtime.env(overlay).of(Babe).storage;
    expect(after.Randomness.get()).toEqual(next);
    expect(toHex(after.NextRandomness.get())).toBe(toHex(deriveEpochRandomness(next, 2n, outputs)));
    expect([...after.UnderConstruction.entries()]).toEqual([]);
  });

  test("name the author of a block", () => {
    const chain = startTestChain();
    chain.block();
    const env = chain.runtime.env(chain.overlay);
    expect(authorOf({ env })).toEqual(chain.account("//Alice"));
  });
});

test("a change of voters takes effect in the block that announces it", () => {
  const chain = startTestChain();
  chain.block();
  const { runtime, overlay } = chain;
  const authorities = [{ key: new Uint8Array(32).fill(3), weight: 1n }];
  runtime.initializeBlock(overlay, headerOf(chain.hash(), 2, 1_001n));
  scheduleGrandpaChange({ env: runtime.env(overlay) }, authorities);
  const header = runtime.finalizeBlock(overlay);
  const announced = announcedChangesOf(header);
  expect(announced.ok && announced.value.scheduled).toEqual({ authorities, delay: 0 });
  const { storage } = runtime.env(overlay).of(Grandpa);
  expect(storage.CurrentSetId.get()).toBe(1n);
  expect(storage.Authorities.get()).toEqual(authorities);
  expect(storage.PendingChange.get()).toBeUndefined();
});
