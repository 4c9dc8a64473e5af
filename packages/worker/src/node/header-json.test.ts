import { describe, expect, it } from "vitest";
import { headOfJson } from "./header-json.ts";

const HEADER = {
  number: "0x10",
  parentHash: `0x${"11".repeat(32)}`,
  stateRoot: `0x${"22".repeat(32)}`,
  extrinsicsRoot: `0x${"33".repeat(32)}`,
  digest: { logs: ["0x0642414245340100000000"] },
};

describe("header of the RPC", () => {
  it("gives number and hash of its block", () => {
    const head = headOfJson(HEADER);
    expect(head?.number).toBe(16);
    expect(head?.hash).toHaveLength(32);
    expect(headOfJson({ ...HEADER, number: "0x11" })?.hash).not.toEqual(head?.hash);
  });

  it.each([
    [null],
    [7],
    [{ ...HEADER, number: 16 }],
    [{ ...HEADER, digest: { logs: ["x"] } }],
    [{ ...HEADER, stateRoot: "0x00" }],
  ])("refuses %j", (json) => {
    expect(headOfJson(json)).toBeUndefined();
  });
});
