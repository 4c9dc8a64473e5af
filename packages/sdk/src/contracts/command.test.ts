import { type SealingKey, STORAGE } from "@pha/protocol";
import { COUNTER } from "@pha/pruntime/testing";
import { decode } from "@pha/scale";
import { beforeAll, describe, expect, test } from "vitest";
import type { Chain } from "../chain/chain.ts";
import { type Answers, type ReceiptNetwork, receiptNetwork } from "../testing/receipt-network.ts";
import { awaitReply, type SealedCommand } from "./command.ts";
import type { WorkerClient } from "./worker-client.ts";

const TIMEOUT_MS = 150;

let scene: ReceiptNetwork;
let command: SealedCommand;
beforeAll(() => {
  scene = receiptNetwork({ command: { selector: COUNTER.echo, argument: 5_000 } });
  const { command: sent, replySecret, ephemeralSecret } = scene.sent;
  const { commandId, sealed } = sent;
  const call = new Uint8Array(0);
  command = { commandId, sealed, call, replySecret, ephemeralSecret, sealingKey: keyOf(scene) };
});

function keyOf({ network, input }: ReceiptNetwork): SealingKey {
  const { key, value } = STORAGE.sealingKeys;
  const stored = network.chain.get(key(input.contract));
  const keys = stored && decode(value, stored);
  if (!keys?.ok || keys.value[0] === undefined) throw new Error("the contract has a key");
  return keys.value[0];
}

/** A host that has no reply any more. */
const silent: WorkerClient = {
  url: "http://127.0.0.1:1",
  info: async () => [],
  query: () => Promise.reject(new Error("not asked")),
  challenge: () => Promise.reject(new Error("not asked")),
  reply: async () => undefined,
};

/** @param isIncluded whether the caller knows the block that included the command */
async function awaited(answers: Answers = {}, isIncluded = true, forked = false) {
  const { input, network } = scene;
  const of = scene.chain(answers);
  const finality = { head: of.finality.head, block: (number: number) => network.chain.ref(number) };
  // The parts of a chain that replies are read with.
  const chain = { ...of, finality } as unknown as Chain;
  const { number, hash } = input.block;
  const included = { blockNumber: number, blockHash: forked ? new Uint8Array(32) : hash };
  return awaitReply(chain, [silent], command, input, TIMEOUT_MS, isIncluded ? included : undefined);
}

describe("where no host gives the reply", () => {
  test("the final one is taken, for which no replica vouches alone", async () => {
    const { body, boot, block } = await awaited();
    expect(body.outcome).toEqual({ type: "Ok", value: new Uint8Array(5_000).fill(5) });
    expect([boot, block]).toEqual([undefined, scene.input.block]);
  });

  test("and no step replies, the command has no reply", async () => {
    const none = { code: "command/no-reply", hint: expect.stringMatching(/may still run/) };
    await expect(awaited({ pha_clusterSteps: () => "0x00" })).rejects.toMatchObject(none);
    await expect(awaited({}, false)).rejects.toMatchObject(none);
    // A block that is not final is not where the command ran.
    await expect(awaited({}, true, true)).rejects.toMatchObject(none);
  });

  test("and the node does not keep it, or keeps another, that is said", async () => {
    const missing = awaited({ pha_getBlob: () => null });
    await expect(missing).rejects.toMatchObject({ code: "reply/blob-missing" });
    const other = awaited({ pha_getBlob: () => "0x00" });
    await expect(other).rejects.toMatchObject({ code: "reply/other-blob" });
  });
});
