import { expect, it } from "vitest";
import { fakeNode } from "../testing/fake-node.ts";
import { callPrefix } from "./call-prefix.ts";

it("gives pallet and call by index, and names a call that the chain does not have", async () => {
  const { metadata } = await fakeNode().client.signingContext();
  expect(callPrefix(metadata, "PhalaRegistry", "register_worker_v2")).toEqual(Uint8Array.of(2, 0));
  for (const [pallet, call] of [
    ["PhalaRegistry", "register_worker_v9"],
    ["PhalaStake", "register_worker_v2"],
  ] as const)
    expect(() => callPrefix(metadata, pallet, call)).toThrow(
      expect.objectContaining({ code: "worker/unknown-call", facts: { pallet, call } }),
    );
});
