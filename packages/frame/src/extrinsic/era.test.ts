import { decode, encode, toHex } from "@pha/scale";
import { TypeRegistry } from "@polkadot/types";
import { expect, test } from "vitest";
import { Era, eraBirth, eraDeath, IMMORTAL, mortalEra } from "./era.ts";

test("eras are encoded, born and die as in a third-party library", () => {
  const registry = new TypeRegistry();
  for (const period of [4, 7, 64, 256, 4096, 5000, 65536])
    for (const current of [0, 1, 63, 64, 1000, 123_456, 0xffff_0000]) {
      const era = mortalEra(period, current);
      const theirs = registry.createType("ExtrinsicEra", { current, period });
      expect(toHex(encode(Era, era)), `${period} at ${current}`).toBe(theirs.toHex());
      expect(decode(Era, encode(Era, era))).toEqual({ ok: true, value: era });
      // Read again: what they make from numbers keeps the phase that encoding rounds down.
      const read = registry.createType("ExtrinsicEra", theirs.toHex()).asMortalEra;
      expect(eraBirth(era, current)).toBe(read.birth(current));
      expect(eraDeath(era, current)).toBe(read.death(current));
    }
});

test("an immortal era is one zero byte, born in block 0", () => {
  expect(encode(Era, IMMORTAL)).toEqual(Uint8Array.of(0));
  expect(eraBirth(IMMORTAL, 99)).toBe(0);
  expect(eraDeath(IMMORTAL, 99)).toBeUndefined();
});

test("eras of impossible periods and phases are refused", () => {
  for (const bytes of [Uint8Array.of(0x10, 0), Uint8Array.of(0x41, 0), Uint8Array.of(5)])
    expect(decode(Era, bytes).ok, toHex(bytes)).toBe(false);
});
