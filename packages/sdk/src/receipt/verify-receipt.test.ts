import { decodeHeader, Justification, signedPrecommitPayload } from "@pha/consensus";
import { blake2b256, ed25519PublicKey, ed25519Sign } from "@pha/crypto";
import { clampedSecret, MAX_RECEIPT_BYTES, Receipt, STORAGE, withoutOpening } from "@pha/protocol";
import { CLUSTER, COUNTER, voterSeed } from "@pha/pruntime/testing";
import { decode, encode, u64 } from "@pha/scale";
import { beforeAll, describe, expect, test } from "vitest";
import { type ReceiptNetwork, receiptNetwork } from "../testing/receipt-network.ts";
import { makeReceipt } from "./make-receipt.ts";
import { verifyReceipt } from "./verify-receipt.ts";

let scene: ReceiptNetwork;
let bytes: Uint8Array;
let receipt: Receipt;
beforeAll(async () => {
  scene = receiptNetwork();
  ({ bytes } = await makeReceipt(scene.chain(), scene.input));
  const decoded = decode(Receipt, bytes);
  if (!decoded.ok) throw new Error(decoded.error.code);
  receipt = decoded.value;
});

const genesisHash = () => scene.network.chain.genesisHash;
const verdict = (input: Uint8Array) => verifyReceipt(input, { genesisHash: genesisHash() });
/** Error of the receipt with some parts replaced. */
function errorOf(change: Partial<Receipt>): unknown {
  const result = verdict(encode(Receipt, { ...receipt, ...change }));
  return result.ok ? "verified" : result.error;
}
const proofOf = (number: number, keys: readonly Uint8Array[]) => {
  const { chain } = scene.network;
  return chain.proof(chain.ref(number), keys) ?? [];
};

describe("a receipt", () => {
  test("proves who sent the command, where it ran, what was asked and answered", () => {
    const { chain, pallets } = scene.network;
    const { sent, input } = scene;
    const result = verdict(bytes);
    if (!result.ok) throw new Error(result.error.code);
    const { value } = result;
    const step = pallets.steps[Number(value.index)];
    expect(value).toMatchObject({
      contract: input.contract,
      cluster: CLUSTER,
      origin: sent.command.origin,
      included: input.block,
      executed: step?.block,
      root: step?.newRoot,
      finalized: chain.head,
    });
    expect(value.executed.number).toBe(value.included.number + 1);
    expect(value.body?.args).toEqual(Uint8Array.of(7, 0, 0, 0));
    expect(value.reply?.outcome).toEqual({ type: "Ok", value: encode(u64, 8n) });
    // Two changes of voters, and the last block.
    expect(receipt.headers).toHaveLength(3);
  });

  test("proves the same without a word of what was asked and answered", () => {
    const result = verdict(encode(Receipt, withoutOpening(receipt)));
    expect(result).toMatchObject({ ok: true, value: { body: undefined, reply: undefined } });
    const whole = verdict(bytes);
    if (!result.ok || !whole.ok) throw new Error("not verified");
    expect(result.value).toEqual({ ...whole.value, body: undefined, reply: undefined });
    const { command, reply } = receipt.opening;
    expect(errorOf({ opening: { command, reply: undefined, replyBlob: undefined } })).toBe(
      "verified",
    );
    expect(errorOf({ opening: { command: undefined, reply, replyBlob: undefined } })).toBe(
      "verified",
    );
  });

  test("with any byte changed is refused", () => {
    const accepted: number[] = [];
    const changed = bytes.slice();
    for (let at = 0; at < bytes.length; at++) {
      changed[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      if (verdict(changed).ok) accepted.push(at);
      changed[at] = bytes[at] ?? 0;
    }
    expect(accepted).toEqual([]);
    expect(bytes.length).toBeGreaterThan(4000);
  });

  test("cut short, with more behind it, or too long is refused", () => {
    for (let end = 0; end < bytes.length; end += 97)
      expect(verdict(bytes.subarray(0, end))).toMatchObject({
        error: { code: "receipt/malformed" },
      });
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(verdict(longer)).toMatchObject({ error: { code: "receipt/malformed" } });
    const huge = new Uint8Array(MAX_RECEIPT_BYTES + 1);
    expect(verdict(huge)).toMatchObject({ error: { code: "receipt/malformed" } });
  });
});

describe("refused is", () => {
  test("another network", () => {
    const other = verifyReceipt(bytes, { genesisHash: new Uint8Array(32) });
    expect(other).toMatchObject({ error: { code: "receipt/other-network" } });
    expect(errorOf({ genesisHeader: receipt.blocks[0] ?? bytes })).toMatchObject({
      code: "receipt/other-network",
    });
  });

  test("a proof that shows no voters, no step, or not the command's block", () => {
    const nothing = { code: "receipt/bad-proof" };
    expect(errorOf({ genesisProof: [] })).toEqual({ ...nothing, of: "voters" });
    expect(errorOf({ genesisProof: proofOf(0, [STORAGE.now.key]) })).toEqual({
      ...nothing,
      of: "voters",
    });
    expect(errorOf({ stepProof: [] })).toEqual({ ...nothing, of: "step" });
    expect(errorOf({ index: receipt.index + 1n })).toEqual({ ...nothing, of: "step" });
    expect(errorOf({ commandProof: receipt.stepProof })).toEqual({ ...nothing, of: "command" });
    const { number } = scene.input.block;
    const messages = proofOf(number, [STORAGE.outboundMessages.key]);
    expect(errorOf({ commandProof: messages })).toEqual({ ...nothing, of: "command" });
  });

  test("a way from genesis that leaves out a change of voters, or a vote", () => {
    const { headers, justifications } = receipt;
    expect(
      errorOf({ headers: headers.toSpliced(1, 1), justifications: justifications.toSpliced(1, 1) }),
    ).toMatchObject({
      code: "receipt/not-finalized",
      cause: expect.stringMatching(/^justification\//),
    });
    expect(errorOf({ headers: [], justifications: [] })).toEqual({
      code: "receipt/not-finalized",
      cause: "warp/empty",
    });
    const { chain } = scene.network;
    const last = chain.justification(chain.head.number, { voters: [voterSeed("0")] });
    expect(errorOf({ justifications: justifications.toSpliced(-1, 1, last) })).toEqual({
      code: "receipt/not-finalized",
      cause: "justification/too-few-votes",
    });
  });

  test("headers that do not lead from the command to the step", () => {
    const [first, second] = receipt.blocks;
    if (first === undefined || second === undefined) throw new Error("the command waited a block");
    for (const blocks of [[], [first], [second, first], [first, first, second]])
      expect(errorOf({ blocks })).toEqual({ code: "receipt/other-block" });
  });

  test("another command, and a step in which it did not run", () => {
    expect(errorOf({ commandId: new Uint8Array(32) })).toEqual({ code: "receipt/no-command" });
    const index = receipt.index - 1n;
    const { chain } = scene.network;
    const stepProof = proofOf(chain.head.number, [STORAGE.step.key(CLUSTER, index)]);
    expect(errorOf({ index, stepProof, blocks: receipt.blocks.slice(0, 1) })).toEqual({
      code: "receipt/no-reply",
    });
  });

  test("a step of a cluster that the contract does not belong to", async () => {
    const other = receiptNetwork({
      beforeSending({ chain, pallets: { contracts } }) {
        const [contract = new Uint8Array(32)] = contracts;
        const { key, value } = STORAGE.contract;
        const record = decode(value, chain.get(key(contract)) ?? new Uint8Array(0));
        if (!record.ok) throw new Error("the chain has the contract");
        const foreign = { ...record.value, cluster: new Uint8Array(32).fill(1) };
        chain.put(key(contract), encode(value, foreign));
      },
    });
    await expect(makeReceipt(other.chain(), other.input)).rejects.toMatchObject({
      code: "receipt/not-made",
      facts: { reason: "receipt/no-command" },
    });
  });

  test("a secret that opens nothing, or in a form that is not the only one", () => {
    const { command, reply } = receipt.opening;
    const other = clampedSecret(new Uint8Array(32).fill(9));
    expect(errorOf({ opening: { command: other, reply, replyBlob: undefined } })).toEqual({
      code: "receipt/not-opened",
      of: "command",
    });
    expect(errorOf({ opening: { command, reply: other, replyBlob: undefined } })).toEqual({
      code: "receipt/not-opened",
      of: "reply",
    });
    const same = (command ?? other).slice();
    same[0] = (same[0] ?? 0) | 1;
    expect(errorOf({ opening: { command: same, reply, replyBlob: undefined } })).toEqual({
      code: "receipt/malformed",
    });
  });
});

describe("a receipt of a reply that is a blob", () => {
  let large: ReceiptNetwork;
  let made: Receipt;
  beforeAll(async () => {
    large = receiptNetwork({ command: { selector: COUNTER.echo, argument: 5_000 } });
    const decoded = decode(Receipt, (await makeReceipt(large.chain(), large.input)).bytes);
    if (!decoded.ok) throw new Error(decoded.error.code);
    made = decoded.value;
  });
  const verdictOf = (change: Partial<Receipt["opening"]> = {}) => {
    const opening = { ...made.opening, ...change };
    const { genesisHash } = large.network.chain;
    return verifyReceipt(encode(Receipt, { ...made, opening }), { genesisHash });
  };

  test("carries the blob, and opens it without any network", () => {
    const result = verdictOf();
    if (!result.ok) throw new Error(result.error.code);
    const { reply, replyHash } = result.value;
    expect(reply?.outcome).toEqual({ type: "Ok", value: new Uint8Array(5_000).fill(5) });
    expect(made.opening.replyBlob && blake2b256(made.opening.replyBlob)).toEqual(replyHash);
    const closed = verifyReceipt(encode(Receipt, withoutOpening(made)), large.network.chain);
    expect(closed).toMatchObject({ ok: true, value: { reply: undefined, replyHash } });
  });

  test("with another blob, a part of it, none, or one that nothing opens is refused", () => {
    const { replyBlob = new Uint8Array(0) } = made.opening;
    const changed = replyBlob.slice();
    changed[4_000] = (changed[4_000] ?? 0) ^ 1;
    const other = { ok: false, error: { code: "receipt/other-reply" } };
    expect(verdictOf({ replyBlob: changed })).toEqual(other);
    expect(verdictOf({ replyBlob: replyBlob.slice(0, -1) })).toEqual(other);
    expect(verdictOf({ replyBlob: undefined })).toEqual(other);
    expect(verdictOf({ reply: undefined })).toEqual(other);
    const { command, reply } = receipt.opening;
    expect(errorOf({ opening: { command, reply, replyBlob } })).toEqual(other.error);
  });

  test("is not made when the node does not have it; without opening it none is needed", async () => {
    const poor = large.chain({ pha_getBlob: () => null });
    await expect(makeReceipt(poor, large.input)).rejects.toMatchObject({
      code: "reply/blob-missing",
    });
    const { replySecret: _, ...closed } = large.input;
    const { verified } = await makeReceipt(poor, closed);
    expect(verified.reply).toBeUndefined();
    expect(verified.replyHash).toBeDefined();
  });
});

test("votes for blocks above the finalized one count over the headers between", () => {
  const withAncestry = receiptWithAncestry(scene, receipt);
  expect(verdict(encode(Receipt, withAncestry))).toMatchObject({ ok: true });
});

/** The last justification by votes for the block after, as real voters give it. */
function receiptWithAncestry({ network: { chain } }: ReceiptNetwork, of: Receipt): Receipt {
  const above = chain.head;
  const header = decodeHeader(chain.encodedHeader(above.number));
  const below = decodeHeader(chain.encodedHeader(above.number - 1));
  if (!header.ok || !below.ok) throw new Error("headers decode");
  const target = chain.ref(above.number - 1);
  const last = decode(Justification, of.justifications.at(-1) ?? bytes);
  if (!last.ok) throw new Error("justifications decode");
  const payload = signedPrecommitPayload({ ...above, round: 5n, setId: 2n });
  const justification = encode(Justification, {
    round: 5n,
    target,
    precommits: ["0", "1", "2"].map((name) => ({
      target: above,
      signature: ed25519Sign(voterSeed(name), payload),
      authority: ed25519PublicKey(voterSeed(name)),
    })),
    votesAncestries: [header.value],
  });
  return {
    ...of,
    headers: of.headers.toSpliced(-1, 1, chain.encodedHeader(target.number)),
    justifications: of.justifications.toSpliced(-1, 1, justification),
    stepProof: proofOf(target.number, [STORAGE.step.key(CLUSTER, of.index)]),
  };
}
