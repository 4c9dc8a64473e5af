import { STORAGE } from "@pha/protocol";
import { COUNTER } from "@pha/pruntime/testing";
import { encode, toHex } from "@pha/scale";
import { beforeAll, describe, expect, test } from "vitest";
import { type Answers, type ReceiptNetwork, receiptNetwork } from "../testing/receipt-network.ts";
import { type FinalReplyInput, finalReply } from "./final-reply.ts";

const LARGE = { selector: COUNTER.echo, argument: 5_000 };

let scene: ReceiptNetwork;
let input: FinalReplyInput;
beforeAll(() => {
  scene = receiptNetwork({ command: LARGE });
  const { command, replySecret } = scene.sent;
  const { contract, cluster, commandId, block } = scene.input;
  input = { contract, cluster, commandId, block, sealed: command.sealed, replySecret };
});

const read = (answers?: Answers, change: Partial<FinalReplyInput> = {}) =>
  finalReply(scene.chain(answers), { ...input, ...change });

describe("a final reply that is a blob", () => {
  test("is fetched from the node by its name, checked and opened", async () => {
    const asked: unknown[] = [];
    const honest = scene.chain();
    const final = await read({
      pha_getBlob: (params) => {
        asked.push(...params);
        return honest.rpc.request("pha_getBlob", params);
      },
    });
    expect(final?.body.outcome).toEqual({ type: "Ok", value: new Uint8Array(5_000).fill(5) });
    expect(final?.index).toBe(scene.network.pallets.root?.index);
    expect(asked).toEqual([expect.stringMatching(/^bafk2bza/)]);
  });

  const blob = (): Uint8Array => [...scene.network.blobs.values()][0]!;
  test.each<readonly [what: string, code: string, answer: () => unknown]>([
    ["does not keep", "reply/blob-missing", () => null],
    ["gives another content for", "reply/other-blob", () => toHex(blob().map((byte) => byte ^ 1))],
    ["gives a part of", "reply/other-blob", () => toHex(blob().slice(0, -1))],
    ["gives more than", "reply/other-blob", () => `${toHex(blob())}00`],
    ["gives no hex for", "reply/other-blob", () => "no hex"],
  ])("that the node %s is named, with what to do", async (_, code, answer) => {
    const refused = read({ pha_getBlob: answer });
    await expect(refused).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/node/),
      facts: { cid: expect.stringMatching(/^bafk2bza/), bytes: 48 + 16_384 },
    });
  });

  test("opens with its own secret alone, under the block that included the command", async () => {
    const wrong = { code: "reply/not-opened" };
    await expect(read({}, { replySecret: new Uint8Array(32).fill(9) })).rejects.toMatchObject(
      wrong,
    );
    const other = { ...input.block, hash: new Uint8Array(32) };
    await expect(read({}, { block: other })).rejects.toMatchObject(wrong);
  });
});

describe("nothing is given", () => {
  test("for a command that no step replies to, or whose steps are gone", async () => {
    expect(await read({}, { commandId: new Uint8Array(32) })).toBeUndefined();
    expect(await read({ pha_clusterSteps: () => "0x00" })).toBeUndefined();
  });

  test("of a step that a node makes up", async () => {
    const [first, ...others] = scene.network.pallets.steps;
    const { replies } = others.at(-1)!;
    const made = encode(STORAGE.step.value, { ...first!, replies });
    // The step at this place is another one on chain, and holds no such reply.
    const lying = { pha_clusterSteps: () => toHex(Uint8Array.of(4, ...made)) };
    expect(await read(lying)).toBeUndefined();
  });

  test("and steps that cannot be read are refused", async () => {
    await expect(read({ pha_clusterSteps: () => "0x07" })).rejects.toMatchObject({
      code: "rpc/malformed-answer",
    });
  });
});

test("a small reply needs no blob", async () => {
  const small = receiptNetwork();
  const { command, replySecret } = small.sent;
  const { contract, cluster, commandId, block } = small.input;
  const name = { contract, cluster, commandId, block, sealed: command.sealed, replySecret };
  const final = await finalReply(small.chain({ pha_getBlob: () => null }), name);
  expect(final?.body.outcome.type).toBe("Ok");
});
