import { ed25519PublicKey, ed25519Sign } from "@pha/crypto";
import {
  type Answer,
  AnswerReceipt,
  answerPayload,
  MAX_RECEIPT_BYTES,
  type QueryRequest,
  STORAGE,
} from "@pha/protocol";
import { CLUSTER } from "@pha/pruntime/testing";
import { type Codec, concatBytes, decode, encode } from "@pha/scale";
import { beforeAll, describe, expect, test } from "vitest";
import { type StateReceiptNetwork, stateReceiptNetwork } from "../testing/state-receipt-network.ts";
import { makeAnswerReceipt } from "./make-answer-receipt.ts";
import { makeStateReceipt } from "./make-state-receipt.ts";
import { verifyAnswerReceipt } from "./verify-answer-receipt.ts";
import { verifyStateReceipt } from "./verify-state-receipt.ts";

/** Places between two changed bytes. */
const STRIDE = process.env["PHA_LONG"] === undefined ? 11 : 1;

let scene: StateReceiptNetwork;
let bytes: Uint8Array;
let receipt: AnswerReceipt;
beforeAll(async () => {
  scene = stateReceiptNetwork();
  ({ bytes } = await makeAnswerReceipt(scene.chain(), scene.answer));
  const decoded = decode(AnswerReceipt, bytes);
  if (!decoded.ok) throw new Error(decoded.error.code);
  receipt = decoded.value;
});

const genesisHash = () => scene.network.chain.genesisHash;
const verdict = (input: Uint8Array) => verifyAnswerReceipt(input, { genesisHash: genesisHash() });
function errorOf(change: Partial<AnswerReceipt>): unknown {
  const result = verdict(encode(AnswerReceipt, { ...receipt, ...change }));
  return result.ok ? "verified" : result.error;
}
const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

describe("a receipt of an answer", () => {
  test("proves from the genesis hash alone who answered what, to which question, from which final root", () => {
    const result = verdict(bytes);
    if (!result.ok) throw new Error(result.error.code);
    const { answer, request } = scene.answer;
    expect(result.value).toMatchObject({
      contract: request.contract,
      cluster: CLUSTER,
      boot: scene.answer.boot,
      request,
      answer: answer.answer,
      at: answer.answer.block,
      root: answer.answer.root,
    });
    expect(result.value.finalized.number).toBeGreaterThan(result.value.at.number);
  });

  test("is one also when the block of the answer is the finalized one", async () => {
    const now = stateReceiptNetwork(0);
    const made = await makeAnswerReceipt(now.chain(), now.answer);
    expect(made.verified.at).toEqual(made.verified.finalized);
  });

  test("is of no other network, and no other kind of receipt", async () => {
    expect(verifyAnswerReceipt(bytes, { genesisHash: filled(9) })).toMatchObject({
      error: { code: "receipt/other-network" },
    });
    const fields = await makeStateReceipt(scene.chain(), scene.input);
    expect(verdict(fields.bytes)).toMatchObject({ error: { code: "receipt/malformed" } });
    expect(verifyStateReceipt(bytes, { genesisHash: genesisHash() })).toMatchObject({
      error: { code: "receipt/malformed" },
    });
  });

  test("names the question: another one is refused, in each of its parts", () => {
    const { request } = receipt;
    for (const change of [
      { nonce: filled(1) },
      { at: { ...request.at, number: request.at.number + 1 } },
      { selector: new Uint8Array(4) },
      { args: Uint8Array.of(1) },
      { fuelLimit: 1n },
      { certificate: undefined },
    ] satisfies readonly Partial<QueryRequest>[])
      expect(errorOf({ request: { ...request, ...change } })).toEqual({
        code: "receipt/other-question",
      });
    expect(errorOf({ request: { ...request, contract: filled(1) } })).toEqual({
      code: "receipt/bad-proof",
      of: "state",
    });
  });

  /** The answer changed, signed by somebody. */
  function signedBy(seed: Uint8Array, change: Partial<Answer>): AnswerReceipt["answer"] {
    const answer = { ...receipt.answer.answer, ...change };
    return { answer, signature: ed25519Sign(seed, answerPayload(genesisHash(), answer)) };
  }

  test("an answer that its replica did not sign is refused, and so is one that a stranger signed", () => {
    const { answer, signature } = receipt.answer;
    const changed = { ...answer, fuelUsed: answer.fuelUsed + 1n };
    const refused = { code: "receipt/bad-answer-signature" };
    expect(errorOf({ answer: { answer: changed, signature } })).toEqual(refused);
    expect(errorOf({ answer: signedBy(filled(3), {}) })).toEqual(refused);
    expect(errorOf({ boot: scene.otherBoot })).toEqual(refused);
    expect(errorOf({ boot: ed25519PublicKey(filled(3)), answer: signedBy(filled(3), {}) })).toEqual(
      {
        code: "receipt/not-a-replica",
      },
    );
  });

  test("an answer of another block is refused", () => {
    const { answer } = receipt.answer;
    const block = { ...answer.block, number: answer.block.number - 1 };
    expect(errorOf({ answer: signedBy(filled(3), { block }) })).toEqual({
      code: "receipt/other-block",
    });
    expect(errorOf({ blocks: receipt.blocks.slice(1) })).toMatchObject({
      code: expect.stringMatching(/^receipt\/(bad-proof|other-block)$/),
    });
    expect(errorOf({ blocks: receipt.blocks.toReversed() })).toEqual({
      code: "receipt/other-block",
    });
  });

  test("a cluster that the contract is not of, and a state without it, are refused", () => {
    const { chain } = scene.network;
    const { block } = receipt.answer.answer;
    const { contract } = receipt.request;
    const keys = [STORAGE.contract.key(contract), STORAGE.root.key(CLUSTER)];
    expect(errorOf({ stateProof: chain.proof(block, keys) ?? [] })).toEqual({
      code: "receipt/bad-proof",
      of: "state",
    });
    expect(errorOf({ cluster: filled(1) })).toEqual({ code: "receipt/bad-proof", of: "state" });
  });

  test("an answer from another root than the majority's is refused, and a contract of another cluster", async () => {
    const own = stateReceiptNetwork(0);
    const { chain } = own.network;
    const stored = <T>(codec: Codec<T>, key: Uint8Array): T => {
      const decoded = decode(codec, chain.get(key) ?? new Uint8Array(0));
      if (!decoded.ok) throw new Error("the chain has it");
      return decoded.value;
    };
    // A replica that says what it likes.
    const seed = filled(3);
    const boot = ed25519PublicKey(seed);
    const clusterKey = STORAGE.cluster.key(CLUSTER);
    const cluster = stored(STORAGE.cluster.value, clusterKey);
    const [member, ...rest] = cluster.replicas;
    if (member === undefined) throw new Error("the cluster has replicas");
    const replicas = [{ ...member, boot }, ...rest];
    chain.put(clusterKey, encode(STORAGE.cluster.value, { ...cluster, replicas }));
    own.network.blocks(1);
    const said = (change: Partial<Answer>) => {
      const block = chain.ref(chain.head.number);
      const answer = { ...own.answer.answer.answer, block, ...change };
      const signature = ed25519Sign(seed, answerPayload(chain.genesisHash, answer));
      return makeAnswerReceipt(own.chain(), { ...own.answer, boot, answer: { answer, signature } });
    };
    await said({});
    await expect(said({ root: filled(8) })).rejects.toMatchObject({
      facts: { reason: "receipt/other-root" },
    });
    const contractKey = STORAGE.contract.key(own.answer.request.contract);
    const record = stored(STORAGE.contract.value, contractKey);
    const moved = { ...record, cluster: filled(1) };
    chain.put(contractKey, encode(STORAGE.contract.value, moved));
    own.network.blocks(1);
    await expect(said({})).rejects.toMatchObject({ facts: { reason: "receipt/other-cluster" } });
  });

  test("no byte of it may be another, and none may be missing or too many", () => {
    for (let at = 0; at < bytes.length; at += STRIDE) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const result = verdict(changed);
      // A byte that proofs do not need may be another; what is proven is then the same.
      if (result.ok) expect(result).toEqual(verdict(bytes));
    }
    for (const input of [bytes.slice(0, -1), concatBytes(bytes, Uint8Array.of(0))])
      expect(verdict(input)).toMatchObject({ error: { code: "receipt/malformed" } });
    const long = new Uint8Array(MAX_RECEIPT_BYTES + 1);
    expect(verdict(long)).toMatchObject({ error: { code: "receipt/malformed" } });
  });
});

test("a node whose proofs make no receipt is told", async () => {
  const chain = scene.chain();
  const rpc = {
    ...chain.rpc,
    request: (method: string, params: readonly unknown[]) =>
      method === "state_getReadProof"
        ? Promise.resolve({ proof: [] })
        : chain.rpc.request(method, params),
  };
  await expect(makeAnswerReceipt({ ...chain, rpc }, scene.answer)).rejects.toMatchObject({
    code: "receipt/not-made",
    facts: { reason: "receipt/bad-proof" },
  });
});
