import { ed25519Sign } from "@pha/crypto";
import {
  fieldPayload,
  keepFields,
  MAX_RECEIPT_BYTES,
  type OpenedField,
  STORAGE,
  StateReceipt,
  stateLeaf,
} from "@pha/protocol";
import { CLUSTER, voterSeed } from "@pha/pruntime/testing";
import { concatBytes, decode, encode, u64, utf8 } from "@pha/scale";
import { beforeAll, describe, expect, test } from "vitest";
import { type StateReceiptNetwork, stateReceiptNetwork } from "../testing/state-receipt-network.ts";
import { makeStateReceipt } from "./make-state-receipt.ts";
import { verifyReceipt } from "./verify-receipt.ts";
import { verifyStateReceipt } from "./verify-state-receipt.ts";

/** Places between two changed bytes. */
const STRIDE = process.env["PHA_LONG"] === undefined ? 7 : 1;

let scene: StateReceiptNetwork;
let bytes: Uint8Array;
let receipt: StateReceipt;
let first: OpenedField;
let second: OpenedField;
beforeAll(async () => {
  scene = stateReceiptNetwork();
  ({ bytes } = await makeStateReceipt(scene.chain(), scene.input));
  const decoded = decode(StateReceipt, bytes);
  if (!decoded.ok) throw new Error(decoded.error.code);
  receipt = decoded.value;
  const [one, two] = receipt.fields;
  if (one === undefined || two === undefined) throw new Error("two fields were opened");
  [first, second] = [one, two];
});

const genesisHash = () => scene.network.chain.genesisHash;
const verdict = (input: Uint8Array) => verifyStateReceipt(input, { genesisHash: genesisHash() });
/** Error of the receipt with some parts replaced. */
function errorOf(change: Partial<StateReceipt>): unknown {
  const result = verdict(encode(StateReceipt, { ...receipt, ...change }));
  return result.ok ? "verified" : result.error;
}
/** Error of the receipt with its first field changed. */
const fieldError = (change: Partial<OpenedField>) =>
  errorOf({ fields: [{ ...first, ...change }, second] });
const proofOf = (number: number, keys: readonly Uint8Array[]) => {
  const { chain } = scene.network;
  return chain.proof(chain.ref(number), keys) ?? [];
};

describe("a receipt of fields", () => {
  test("proves from the genesis hash alone what stood in the contract's final state", () => {
    const { network, input } = scene;
    const result = verdict(bytes);
    if (!result.ok) throw new Error(result.error.code);
    const { value } = result;
    const step = network.pallets.steps[Number(value.index)];
    expect(value).toMatchObject({
      contract: input.contract,
      cluster: CLUSTER,
      boot: network.workers[0]?.boot,
      worker: network.workers[0]?.identity,
      at: input.block,
      stateBlock: step?.block,
      root: step?.newRoot,
      finalized: network.chain.head,
    });
    expect(value.at.number).toBeLessThan(value.finalized.number);
    const { account } = network.client.certificate();
    expect(value.fields.map(({ key, value: stored }) => [key, stored])).toEqual([
      [utf8("counter"), encode(u64, 13n)],
      [concatBytes(utf8("by/"), account), encode(u64, 13n)],
    ]);
  });

  test("is one too when the answer is from the finalized block itself", async () => {
    const newest = stateReceiptNetwork(0);
    const { verified, bytes: own } = await makeStateReceipt(newest.chain(), newest.input);
    expect(verified.at).toEqual(verified.finalized);
    expect(decode(StateReceipt, own)).toMatchObject({ ok: true, value: { blocks: [] } });
  });

  test("shows each field by itself: what is taken away leaves no trace", () => {
    const whole = verdict(bytes);
    if (!whole.ok) throw new Error(whole.error.code);
    for (const [index, [kept, taken]] of [
      [first, second],
      [second, first],
    ].entries()) {
      const less = encode(StateReceipt, keepFields(receipt, [index]));
      expect(verdict(less)).toEqual({
        ok: true,
        value: { ...whole.value, fields: [whole.value.fields[index]] },
      });
      expect(Buffer.from(less).includes(Buffer.from(kept?.salt ?? bytes))).toBe(true);
      for (const secret of [taken?.salt, taken?.path, taken?.key, taken?.signature])
        expect(Buffer.from(less).includes(Buffer.from(secret ?? []))).toBe(false);
    }
    expect(errorOf({ fields: [] })).toEqual({ code: "receipt/malformed" });
  });

  test("with any byte changed is refused", () => {
    const accepted: number[] = [];
    const changed = bytes.slice();
    for (let at = 0; at < bytes.length; at += STRIDE) {
      changed[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      if (verdict(changed).ok) accepted.push(at);
      changed[at] = bytes[at] ?? 0;
    }
    expect(accepted).toEqual([]);
    expect(bytes.length).toBeGreaterThan(4000);
  });

  test("cut short, with more behind it, too long, or of the other kind is refused", () => {
    const malformed = { error: { code: "receipt/malformed" } };
    for (let end = 0; end < bytes.length; end += 97)
      expect(verdict(bytes.subarray(0, end))).toMatchObject(malformed);
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(verdict(longer)).toMatchObject(malformed);
    expect(verdict(new Uint8Array(MAX_RECEIPT_BYTES + 1))).toMatchObject(malformed);
    expect(verifyReceipt(bytes, { genesisHash: genesisHash() })).toMatchObject(malformed);
  });
});

describe("refused is", () => {
  test("another network", () => {
    const other = verifyStateReceipt(bytes, { genesisHash: new Uint8Array(32) });
    expect(other).toEqual({ ok: false, error: { code: "receipt/other-network" } });
  });

  test("a block that is not final, by a vote or a change of voters that is missing", () => {
    const { headers, justifications } = receipt;
    const { chain } = scene.network;
    const last = chain.justification(chain.head.number, { voters: [voterSeed("0")] });
    expect(errorOf({ justifications: justifications.toSpliced(-1, 1, last) })).toEqual({
      code: "receipt/not-finalized",
      cause: "justification/too-few-votes",
    });
    expect(
      errorOf({ headers: headers.toSpliced(1, 1), justifications: justifications.toSpliced(1, 1) }),
    ).toMatchObject({ code: "receipt/not-finalized" });
    expect(errorOf({ headers: [], justifications: [] })).toMatchObject({
      code: "receipt/not-finalized",
    });
    expect(errorOf({ genesisProof: [] })).toEqual({ code: "receipt/bad-proof", of: "voters" });
  });

  test("headers that do not lead from the finalized block to that of the answer", () => {
    const { blocks } = receipt;
    expect(blocks.length).toBeGreaterThan(1);
    expect(errorOf({ blocks: blocks.slice(0, -1) })).toEqual({ code: "receipt/other-block" });
    expect(errorOf({ blocks: blocks.toReversed() })).toEqual({ code: "receipt/other-block" });
    // The answer's block is another one then, whose state the proof is not of.
    expect(errorOf({ blocks: blocks.slice(1) })).toEqual({
      code: "receipt/bad-proof",
      of: "state",
    });
  });

  test("a proof that leaves out root, replicas or the contract", () => {
    const bad = { code: "receipt/bad-proof", of: "state" };
    const { number } = scene.input.block;
    const keys = [
      STORAGE.contract.key(receipt.contract),
      STORAGE.cluster.key(CLUSTER),
      STORAGE.root.key(CLUSTER),
    ];
    expect(errorOf({ stateProof: [] })).toEqual(bad);
    expect(errorOf({ stateProof: proofOf(number, keys) })).toBe("verified");
    // Others of one block may stand in the same nodes, so each is shown to be needed by asking for another contract or cluster.
    expect(errorOf({ contract: new Uint8Array(32) })).toEqual(bad);
    expect(errorOf({ cluster: new Uint8Array(32) })).toEqual(bad);
    expect(errorOf({ stateProof: proofOf(number, [STORAGE.now.key]) })).toEqual(bad);
  });

  test("a contract of another cluster", async () => {
    const { chain, pallets } = scene.network;
    const [, moved = new Uint8Array(32)] = pallets.contracts;
    const other = stateReceiptNetwork(0);
    const { key, value } = STORAGE.contract;
    const record = decode(value, chain.get(key(moved)) ?? new Uint8Array(0));
    if (!record.ok) throw new Error("the chain has the contract");
    const foreign = { ...record.value, cluster: new Uint8Array(32).fill(1) };
    other.network.chain.put(key(moved), encode(value, foreign));
    other.network.blocks(1);
    const block = other.network.chain.ref(other.network.chain.head.number);
    await expect(
      makeStateReceipt(other.chain(), { ...other.input, contract: moved, block }),
    ).rejects.toMatchObject({ facts: { reason: "receipt/other-cluster" } });
  });

  test("the word of who is no replica, and of a replica that did not say it", () => {
    expect(errorOf({ boot: new Uint8Array(32) })).toEqual({ code: "receipt/not-a-replica" });
    expect(errorOf({ boot: scene.otherBoot })).toEqual({
      code: "receipt/bad-signature",
      field: 0,
    });
  });

  test("a root that is not the final one at that block", () => {
    const notFinal = { code: "receipt/root-not-final" };
    const { state } = receipt;
    expect(errorOf({ state: { ...state, trieRoot: state.previousRoot } })).toEqual(notFinal);
    expect(errorOf({ state: { ...state, previousRoot: state.trieRoot } })).toEqual(notFinal);
  });

  test("what was final at an earlier block, shown at a later one", async () => {
    const { network, input, chain } = stateReceiptNetwork(0);
    network.client.send({ argument: 1 });
    network.blocks(4);
    const block = network.chain.ref(network.chain.head.number);
    await expect(makeStateReceipt(chain(), { ...input, block })).rejects.toMatchObject({
      code: "receipt/not-made",
      facts: { reason: "receipt/root-not-final" },
    });
  });

  test("a value, salt or path that is not the entry's", () => {
    const other = { code: "receipt/other-leaf", field: 0 };
    expect(fieldError({ value: encode(u64, 14n) })).toEqual(other);
    expect(fieldError({ salt: second.salt })).toEqual(other);
    // Of two entries with one value, each has its own leaf.
    expect(fieldError({ path: second.path, proof: second.proof })).toEqual(other);
    expect(fieldError({ path: second.path })).toEqual({
      code: "receipt/bad-proof",
      of: "field",
      field: 0,
    });
    expect(fieldError({ proof: second.proof })).toEqual({
      code: "receipt/bad-proof",
      of: "field",
      field: 0,
    });
    expect(fieldError({ proof: [] })).toMatchObject({ code: "receipt/bad-proof" });
    expect(fieldError({ proof: [...first.proof, second.salt] })).toMatchObject({
      code: "receipt/bad-proof",
    });
  });

  test("an entry that is not there, whatever is said of it", () => {
    // The proof leads to another leaf at the last step: it shows that nothing is under this path.
    const path = first.path.slice();
    path[31] = (path[31] ?? 0) ^ 1;
    expect(fieldError({ path })).toEqual({ code: "receipt/bad-proof", of: "field", field: 0 });
    const leaf = stateLeaf(path, first.salt, first.value);
    expect(fieldError({ path, proof: [...first.proof, leaf] })).toMatchObject({
      code: "receipt/bad-proof",
    });
  });

  test("another key, another contract of the cluster, another entry's signature", () => {
    const unsigned = { code: "receipt/bad-signature", field: 0 };
    expect(fieldError({ key: second.key })).toEqual(unsigned);
    expect(fieldError({ signature: second.signature })).toEqual(unsigned);
    const { chain, pallets } = scene.network;
    const [, contract = new Uint8Array(32)] = pallets.contracts;
    const { number } = scene.input.block;
    const stateProof = chain.proof(chain.ref(number), [
      STORAGE.contract.key(contract),
      STORAGE.cluster.key(CLUSTER),
      STORAGE.root.key(CLUSTER),
    ]);
    expect(errorOf({ contract, stateProof: stateProof ?? [] })).toEqual(unsigned);
  });

  test("what somebody else signed", () => {
    const { contract, cluster } = receipt;
    const root = new Uint8Array(32);
    const { proof: _, signature: __, ...entry } = first;
    const statement = { genesisHash: genesisHash(), cluster, contract, root, ...entry };
    const payload = fieldPayload({ ...statement, block: scene.input.block });
    expect(fieldError({ signature: ed25519Sign(new Uint8Array(32).fill(3), payload) })).toEqual({
      code: "receipt/bad-signature",
      field: 0,
    });
  });
});
