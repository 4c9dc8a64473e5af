import { SyncWarp } from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import { beforeAll, expect, test } from "vitest";
import { type ReceiptNetwork, receiptNetwork } from "../testing/receipt-network.ts";
import { makeReceipt } from "./make-receipt.ts";
import { verifyReceipt } from "./verify-receipt.ts";

let scene: ReceiptNetwork;
beforeAll(() => {
  scene = receiptNetwork();
});

test("what is not given is not opened", async () => {
  const { contract, cluster, commandId, block } = scene.input;
  const { verified } = await makeReceipt(scene.chain(), { contract, cluster, commandId, block });
  expect(verified).toMatchObject({ body: undefined, reply: undefined });
});

test("a warp that its bound cuts short is gone on with", async () => {
  const { chain } = scene.network;
  const changes = chain.warp(0).headers.length - 1;
  let asked = 0;
  const made = await makeReceipt(
    scene.chain({
      pha_syncWarp: ([after]) => {
        asked++;
        const { headers, justifications, proof } = chain.warp(Number(after));
        const cut = { headers: headers.slice(0, 1), justifications: justifications.slice(0, 1) };
        return toHex(encode(SyncWarp, { ...cut, proof }));
      },
    }),
    scene.input,
  );
  expect(asked).toBe(changes + 1);
  expect(verifyReceipt(made.bytes, chain).ok).toBe(true);
});

test("a command that no step has is named", async () => {
  const commandId = new Uint8Array(32);
  const unknown = makeReceipt(scene.chain(), { ...scene.input, commandId });
  await expect(unknown).rejects.toMatchObject({
    code: "receipt/not-found",
    facts: { commandId: toHex(commandId) },
  });
});

test("a node that proves something else makes no receipt", async () => {
  const lying = scene.chain({ state_getReadProof: () => ({ proof: [] }) });
  const { contract, cluster, commandId, block } = scene.input;
  const read = scene.chain().read;
  await expect(
    makeReceipt({ ...lying, read }, { contract, cluster, commandId, block }),
  ).rejects.toMatchObject({
    code: "receipt/not-made",
    facts: { reason: "receipt/bad-proof" },
  });
});

test.each([
  ["pha_genesis", null],
  ["pha_genesis", { header: "0x", proof: 7 }],
  ["pha_syncWarp", "0x00"],
  ["pha_syncWarp", null],
  ["pha_finality", null],
  ["pha_clusterSteps", "no hex"],
  ["state_getReadProof", { proof: ["no hex"] }],
])("an answer to %s that cannot be read is refused: %j", async (method, answer) => {
  const odd = { ...scene.chain({ [method]: () => answer }), read: scene.chain().read };
  await expect(makeReceipt(odd, scene.input)).rejects.toMatchObject({
    code: "rpc/malformed-answer",
  });
});
