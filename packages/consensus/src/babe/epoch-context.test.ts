import { decode, encode } from "@pha/scale";
import { expect, test } from "vitest";
import { bytesOf } from "../../test/chain-builder.ts";
import type { BabeConfiguration } from "./epoch.ts";
import {
  EpochContext,
  epochOfChild,
  followEpochs,
  genesisEpoch,
  startEpochs,
} from "./epoch-context.ts";

const configuration: BabeConfiguration = {
  slotDurationMs: 1000n,
  epochLength: 10n,
  c: [1n, 4n],
  authorities: [{ key: bytesOf(1), weight: 1n }],
  randomness: bytesOf(2),
  allowedSlots: 2,
};
const descriptor = (id: number) => ({
  authorities: [{ key: bytesOf(id), weight: 1n }],
  randomness: bytesOf(id),
});
const epoch = genesisEpoch(configuration, 1000n);
const started = startEpochs(epoch, { nextEpoch: descriptor(3) });
if (!started.ok) throw new Error(started.error.code);
const context = started.value;

test("epoch 0 starts at the slot of block 1 and its next is the one announced", () => {
  expect(context.current).toEqual({
    index: 0n,
    startSlot: 1000n,
    duration: 10n,
    authorities: configuration.authorities,
    randomness: configuration.randomness,
    config: { c: [1n, 4n], allowedSlots: 2 },
  });
  expect(context.next).toMatchObject({ ...descriptor(3), index: 1n, startSlot: 1010n });
  expect(startEpochs(epoch, {})).toMatchObject({ error: { code: "babe/missing-announcement" } });
});

test("a block inside the epoch announces nothing", () => {
  expect(followEpochs(context, 1009n, {})).toEqual({ ok: true, value: context });
  const nextConfig = { c: [1n, 2n], allowedSlots: 1 } as const;
  for (const announcement of [{ nextEpoch: descriptor(4) }, { nextConfig }])
    expect(followEpochs(context, 1009n, announcement)).toMatchObject({
      error: { code: "babe/unexpected-announcement" },
    });
});

test("the first block of an epoch announces the next one", () => {
  expect(followEpochs(context, 1010n, {})).toMatchObject({
    error: { code: "babe/missing-announcement" },
  });
  const followed = followEpochs(context, 1013n, { nextEpoch: descriptor(4) });
  expect(followed).toMatchObject({
    value: { current: context.next, next: { ...descriptor(4), index: 2n, startSlot: 1020n } },
  });
});

test("a configuration that was announced is kept until another one is", () => {
  const nextConfig = { c: [1n, 2n], allowedSlots: 1 } as const;
  const first = followEpochs(context, 1010n, { nextEpoch: descriptor(4), nextConfig });
  if (!first.ok) throw new Error(first.error.code);
  expect(first.value.current.config).toEqual(epoch.config);
  expect(first.value.next.config).toEqual(nextConfig);
  const second = followEpochs(first.value, 1020n, { nextEpoch: descriptor(5) });
  expect(second).toMatchObject({ value: { next: { config: nextConfig } } });
});

test("after skipped epochs the announced one is used, later and with a higher index", () => {
  const followed = followEpochs(context, 1047n, { nextEpoch: descriptor(4) });
  expect(followed).toMatchObject({
    value: {
      current: { ...descriptor(3), index: 4n, startSlot: 1040n },
      next: { ...descriptor(4), index: 5n, startSlot: 1050n },
    },
  });
});

test("a slot before the epoch is refused", () => {
  expect(epochOfChild(context, 999n)).toEqual({
    ok: false,
    error: { code: "babe/slot-before-epoch", slot: 999n, startSlot: 1000n },
  });
  expect(followEpochs(context, 999n, {}).ok).toBe(false);
});

test("a context round-trips", () => {
  const encoded = encode(EpochContext, context);
  expect(decode(EpochContext, encoded)).toEqual({ ok: true, value: context });
});
