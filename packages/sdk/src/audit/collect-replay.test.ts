import { blake2b256, x25519PublicKey } from "@pha/crypto";
import { prepareReplay } from "@pha/pruntime/core";
import { CLUSTER, createFakeEngine } from "@pha/pruntime/testing";
import { toHex, utf8 } from "@pha/scale";
import { beforeAll, expect, test } from "vitest";
import { type Answers, type ReceiptNetwork, receiptNetwork } from "../testing/receipt-network.ts";
import { collectBlocks, collectReplay } from "./collect-replay.ts";

const SECRET = blake2b256(utf8("auditor"));
const auditKey = x25519PublicKey(SECRET);

let scene: ReceiptNetwork;
beforeAll(() => {
  scene = receiptNetwork({
    auditKey,
    snapshotSteps: 4,
    beforeSending: ({ client, network }) => {
      for (let i = 0; i < 2; i++) {
        client.send();
        network.blocks(2);
      }
    },
  });
  const { network, client } = scene.network;
  client.send();
  network.until(() => scene.network.pallets.snapshot !== undefined);
  client.send();
  network.blocks(6);
});

type Range = Omit<Parameters<typeof collectReplay>[1], "cluster" | "auditKey">;

/** Collects over this node, and runs again what it gave. */
async function replay(range: Range = {}, answers: Answers = {}, key = auditKey): Promise<unknown> {
  const chain = scene.chain(answers);
  try {
    const material = await collectReplay(chain, { cluster: CLUSTER, auditKey: key, ...range });
    const contracts = material.contracts.map((one) => ({ ...one, auditKey }));
    const prepared = prepareReplay({ ...material, contracts, auditSecret: SECRET });
    if (!prepared.ok) return prepared.error;
    const { needs, run } = prepared.value;
    const blocks = await collectBlocks(chain, needs, material.range.at(-1)!.step.block);
    const engine = createFakeEngine();
    const running = run(blocks);
    let turn = running.next();
    while (!turn.done) turn = running.next(engine.handle(turn.value));
    return turn.value.ok ? turn.value.value : turn.value.error;
  } catch (error) {
    return error;
  }
}

test("a range after the newest snapshot begins there; an older one with the first step", async () => {
  const { pallets } = scene.network;
  const { snapshot, root } = pallets;
  expect(await replay()).toMatchObject({ root: root?.root });
  const whole = { from: 0n, to: snapshot!.index };
  const material = await collectReplay(scene.chain(), { cluster: CLUSTER, auditKey, ...whole });
  expect(material.start).toBeUndefined();
  expect(material.range).toHaveLength(Number(snapshot!.index) + 1);
  expect(await replay(whole)).toMatchObject({ root: snapshot!.root });
  const after = await collectReplay(scene.chain(), { cluster: CLUSTER, auditKey });
  expect(after.start?.snapshot.index).toBe(snapshot!.index);
  expect(after.before).toEqual([]);
});

test("a key that nobody declared, a cluster that declares none, and a range without steps are refused by code", async () => {
  expect(await replay({}, {}, x25519PublicKey(auditKey))).toMatchObject({
    code: "audit/wrong-key",
  });
  expect(await replay({ from: 99n })).toMatchObject({ code: "audit/no-steps" });
  const plain = receiptNetwork();
  await expect(collectReplay(plain.chain(), { cluster: CLUSTER, auditKey })).rejects.toMatchObject({
    code: "audit/not-declared",
  });
});

test("blobs that are not kept, or are others, are refused by code", async () => {
  expect(await replay({}, { pha_getBlob: () => null })).toMatchObject({
    code: "audit/blob-missing",
  });
  expect(await replay({}, { pha_getBlob: () => toHex(SECRET) })).toMatchObject({
    code: "rpc/malformed-answer",
  });
});

test("blocks that a node left out or made up do not lead to the last step's", async () => {
  const honest = scene.chain();
  const shifted: Answers = {
    pha_syncBatch: ([from, most]) => honest.rpc.request("pha_syncBatch", [Number(from) + 1, most]),
  };
  expect(await replay({}, shifted)).toMatchObject({ code: "history/not-linked" });
  expect(await replay({}, { pha_syncBatch: () => null })).toMatchObject({
    code: "rpc/malformed-answer",
  });
});
