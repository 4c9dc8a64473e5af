import { describe, expect, test } from "vitest";
import { makeSnp } from "../testing/snp.ts";
import { chipKeysOf } from "./chip-key.ts";

const hardwareId = Uint8Array.from({ length: 64 }, (_, i) => i + 1);
const tcb = { reported: [9, 3, 0, 22, 213] } as const;

describe("the key of a report's chip", () => {
  test.each(["Milan", "Genoa"] as const)("of %s is named by the whole chip id", (line) => {
    expect(chipKeysOf(makeSnp({ line, hardwareId, tcb }).report)).toEqual([
      {
        line,
        chipId: hardwareId,
        tcb: { fmc: undefined, bootloader: 3, tee: 0, snp: 22, microcode: 213 },
      },
    ]);
  });

  test("of Turin is named by eight bytes of it, and one version more", () => {
    expect(chipKeysOf(makeSnp({ line: "Turin", hardwareId, tcb }).report)).toEqual([
      {
        line: "Turin",
        chipId: hardwareId.slice(0, 8),
        tcb: { fmc: 9, bootloader: 3, tee: 0, snp: 22, microcode: 213 },
      },
    ]);
  });

  test("of a report that does not name its processor may be of two lines", () => {
    const lines = chipKeysOf(makeSnp({ version: 2, hardwareId, tcb }).report);
    expect(lines.map(({ line }) => line)).toEqual(["Milan", "Genoa"]);
  });

  test("is not to be had for a provider's key, a hidden chip, and what is no report", () => {
    expect(chipKeysOf(makeSnp({ kind: "VLEK", hardwareId }).report)).toEqual([]);
    expect(chipKeysOf(makeSnp({ hardwareId: new Uint8Array(64) }).report)).toEqual([]);
    expect(chipKeysOf(makeSnp({ edit: (view) => view.setUint8(0x188, 0x17) }).report)).toEqual([]);
    for (const bytes of [new Uint8Array(0), new Uint8Array(1184)])
      expect(chipKeysOf(bytes)).toEqual([]);
  });
});
