import { PhaError } from "@pha/scale";
import { describe, expect, it } from "vitest";
import { cannotPay, verdictOf } from "./refusal.ts";

function refused(rpcCode: number, data?: string): PhaError {
  return new PhaError("rpc/refused", "refused", { facts: { rpcCode, ...(data && { data }) } });
}

describe("refusals of the node", () => {
  it.each([
    [1013, undefined, "known"],
    [1014, undefined, "occupied"],
    [1012, undefined, "expired"],
    [1010, "Stale", "stale"],
    [1010, "BadProof", "expired"],
    [1010, "AncientBirthBlock", "expired"],
    [1010, "Payment", "lost"],
    [1010, "ExhaustsResources", "lost"],
    [1010, "Custom 3", "invalid"],
    [1011, "CannotLookup", "invalid"],
    [1016, undefined, "lost"],
    [-32005, undefined, "lost"],
  ])("%i %s means %s", (code, data, type) => {
    expect(verdictOf(refused(code, data)).type).toBe(type);
  });

  it("does not know what became of an extrinsic when the connection ended", () => {
    expect(verdictOf(new PhaError("rpc/connection-lost", "lost"))).toEqual({ type: "lost" });
    expect(verdictOf(new Error("anything"))).toEqual({ type: "lost" });
  });

  it("knows an empty account", () => {
    expect(cannotPay(refused(1010, "Payment"))).toBe(true);
    expect(cannotPay(refused(1010, "Stale"))).toBe(false);
  });
});
