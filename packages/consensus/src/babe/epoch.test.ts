import { concatBytes, decode, encode, fromHex } from "@pha/scale";
import { expect, test } from "vitest";
import { bytesOf } from "../../test/chain-builder.ts";
import { BabeConfiguration, BabeEpoch, epochForSlot, nextBabeEpoch } from "./epoch.ts";

const current: BabeEpoch = {
  index: 5n,
  startSlot: 1000n,
  duration: 10n,
  authorities: [{ key: bytesOf(1), weight: 1n }],
  randomness: bytesOf(2),
  config: { c: [1n, 4n], allowedSlots: 2 },
};
const descriptor = { authorities: [{ key: bytesOf(3), weight: 2n }], randomness: bytesOf(4) };
const next = nextBabeEpoch(current, descriptor);

test("the next epoch begins where the current one ends and keeps its configuration", () => {
  expect(next).toEqual({
    ...descriptor,
    index: 6n,
    startSlot: 1010n,
    duration: 10n,
    config: current.config,
  });
  const config = { c: [1n, 2n], allowedSlots: 1 } as const;
  expect(nextBabeEpoch(current, descriptor, config).config).toEqual(config);
});

test("a slot is in the current epoch up to its last slot, then in the next", () => {
  expect(epochForSlot({ current, next }, 999n)).toBeUndefined();
  expect(epochForSlot({ current, next }, 1000n)).toBe(current);
  expect(epochForSlot({ current, next }, 1009n)).toBe(current);
  expect(epochForSlot({ current, next }, 1010n)).toBe(next);
  expect(epochForSlot({ current, next }, 1019n)).toBe(next);
});

test("skipped epochs raise index and start of the announced one", () => {
  expect(epochForSlot({ current, next }, 1020n)).toEqual({ ...next, index: 7n, startSlot: 1020n });
  expect(epochForSlot({ current, next }, 1057n)).toEqual({ ...next, index: 10n, startSlot: 1050n });
});

test("an epoch is encoded field by field as the runtime answers it", () => {
  const encoded = encode(BabeEpoch, current);
  const expected = concatBytes(
    fromHex("0x0500000000000000e8030000000000000a0000000000000004"),
    bytesOf(1),
    fromHex("0x0100000000000000"),
    bytesOf(2),
    fromHex("0x0100000000000000040000000000000002"),
  );
  expect(encoded).toEqual(expected);
  expect(decode(BabeEpoch, encoded)).toEqual({ ok: true, value: current });
  encoded[encoded.length - 1] = 3;
  expect(decode(BabeEpoch, encoded)).toMatchObject({ error: { reason: "unknown-variant" } });
});

test("a configuration round-trips", () => {
  const configuration: BabeConfiguration = {
    slotDurationMs: 1000n,
    epochLength: 200n,
    c: [1n, 4n],
    authorities: current.authorities,
    randomness: current.randomness,
    allowedSlots: 2,
  };
  const encoded = encode(BabeConfiguration, configuration);
  expect(decode(BabeConfiguration, encoded)).toEqual({ ok: true, value: configuration });
});
