import { beforeAll, expect, test } from "vitest";
import { type StateReceiptNetwork, stateReceiptNetwork } from "../testing/state-receipt-network.ts";
import { makeStateReceipt } from "./make-state-receipt.ts";

let scene: StateReceiptNetwork;
beforeAll(() => {
  scene = stateReceiptNetwork();
});

test("a node that proves something else makes no receipt", async () => {
  const lying = scene.chain({ state_getReadProof: () => ({ proof: [] }) });
  await expect(makeStateReceipt(lying, scene.input)).rejects.toMatchObject({
    code: "receipt/not-made",
    facts: { reason: "receipt/bad-proof" },
  });
});

test("a node of another network makes no receipt", async () => {
  const { rpc } = scene.chain();
  const genesisHash = new Uint8Array(32);
  await expect(makeStateReceipt({ rpc, genesisHash }, scene.input)).rejects.toMatchObject({
    code: "receipt/not-made",
    facts: { reason: "receipt/other-network" },
  });
});

test.each([
  "pha_genesis",
  "pha_syncWarp",
  "pha_finality",
  "state_getReadProof",
])("an answer to %s that cannot be read is refused", async (method) => {
  const odd = scene.chain({ [method]: () => ({ proof: ["no hex"] }) });
  await expect(makeStateReceipt(odd, scene.input)).rejects.toMatchObject({
    code: "rpc/malformed-answer",
  });
});
