import { STORAGE, type StateStep, SyncBatch } from "@pha/protocol";
import { CLUSTER } from "@pha/pruntime/testing";
import { encode, equalBytes, toHex } from "@pha/scale";
import { beforeAll, describe, expect, test } from "vitest";
import { type ReceiptNetwork, receiptNetwork } from "../testing/receipt-network.ts";
import { auditCluster } from "./audit-cluster.ts";

let scene: ReceiptNetwork;
beforeAll(() => {
  scene = receiptNetwork({
    beforeSending: ({ client, network }) => {
      for (let i = 0; i < 3; i++) {
        client.send();
        network.blocks(2);
      }
    },
  });
  const { network, client } = scene.network;
  client.send();
  network.blocks(6);
});

/** What an audit says of this history. */
async function audit(
  chain = scene.chain(),
  range: { readonly from?: bigint; readonly to?: bigint } = {},
): Promise<unknown> {
  try {
    return await auditCluster(chain, { cluster: CLUSTER, ...range });
  } catch (error) {
    return error;
  }
}

/** The chain's word for steps is another; its proofs go with it. */
function withSteps(change: (step: StateStep, index: number) => StateStep) {
  const { steps } = scene.network.pallets;
  const honest = scene.chain();
  return {
    ...honest,
    async read<T>(item: Parameters<typeof honest.read<T>>[0]) {
      const index = steps.findIndex((_, i) =>
        equalBytes(STORAGE.step.key(CLUSTER, BigInt(i)), item.key),
      );
      const step = steps[index];
      return step ? (change(step, index) as T) : honest.read(item);
    },
  };
}

test("an honest history: every command answered in its order, up to the final root", async () => {
  const { steps, root } = scene.network.pallets;
  expect(await audit()).toEqual({
    from: 0n,
    to: root?.index,
    root: root?.root,
    replies: 6,
    unopened: 0,
    blobs: 0,
    replyBlobs: 0,
    deltaBytes: steps.reduce(
      (sum, { delta }) => sum + (delta.type === "OnChain" ? delta.value.length : 0),
      0,
    ),
    waiting: 0,
  });
});

test("a part of it, whose first commands were answered before", async () => {
  expect(await audit(scene.chain(), { from: 2n, to: 4n })).toMatchObject({ from: 2n, to: 4n });
  expect(await audit(scene.chain(), { from: 99n })).toMatchObject({ code: "audit/no-steps" });
});

const other = new Uint8Array(32).fill(9);
const ODD = { type: "OnChain" as const, value: new Uint8Array(300) };
const ODD_BLOB = { type: "Blob" as const, value: { digest: other, bytes: 5_000 } };
/** Steps with replies of this history: 1 to 6, one each. */
const changes: readonly (readonly [
  code: string,
  what: string,
  change: (step: StateStep, i: number) => StateStep,
])[] = [
  [
    "audit/not-chained",
    "a root that does not follow",
    (step, i) => (i === 3 ? { ...step, previousRoot: other } : step),
  ],
  [
    "audit/not-chained",
    "a first step with a root before it",
    (step, i) => (i === 0 ? { ...step, previousRoot: other } : step),
  ],
  [
    "audit/not-chained",
    "a block that goes back",
    (step, i) => (i === 3 ? { ...step, block: { ...step.block, number: 0 } } : step),
  ],
  [
    "audit/not-chained",
    "a state key that goes back",
    (step, i) => (i === 2 ? { ...step, keyVersion: 1 } : step),
  ],
  [
    "audit/wrong-order",
    "the very first answer left out",
    (step, i) => (i === 1 ? { ...step, replies: [] } : step),
  ],
  [
    "audit/wrong-order",
    "an answer that is left out",
    (step, i) => (i === 2 ? { ...step, replies: [] } : step),
  ],
  [
    "audit/wrong-order",
    "an answer twice",
    (step, i) => (i === 2 ? { ...step, replies: [...step.replies, ...step.replies] } : step),
  ],
  [
    "audit/wrong-order",
    "an answer to what nobody asked",
    (step, i) =>
      i === 2
        ? { ...step, replies: step.replies.map((one) => ({ ...one, commandId: other })) }
        : step,
  ],
  [
    "audit/wrong-size",
    "a delta of a telling size",
    (step, i) =>
      i === 2 ? { ...step, delta: { type: "OnChain", value: new Uint8Array(999) } } : step,
  ],
  [
    "audit/wrong-size",
    "a small delta in a blob",
    (step, i) =>
      i === 2 ? { ...step, delta: { type: "Blob", value: { digest: other, bytes: 1040 } } } : step,
  ],
  [
    "audit/wrong-size",
    "a reply of a telling size",
    (step, i) =>
      i === 2 ? { ...step, replies: step.replies.map((one) => ({ ...one, sealed: ODD })) } : step,
  ],
  [
    "audit/wrong-size",
    "a reply of a telling size in a blob",
    (step, i) =>
      i === 2
        ? { ...step, replies: step.replies.map((one) => ({ ...one, sealed: ODD_BLOB })) }
        : step,
  ],
];

describe("a history that a dishonest majority made", () => {
  test.each(changes)("%s: %s", async (code, _, change) => {
    // What a reader of roots alone sees is in order: the chain took these steps.
    expect(await audit(withSteps((step) => step))).toMatchObject({ from: 0n });
    expect(await audit(withSteps(change))).toMatchObject({ code });
  });

  test("a last step without the final root", async () => {
    const { root } = scene.network.pallets;
    const last = Number(root?.index);
    const changed = withSteps((step, i) => (i === last ? { ...step, newRoot: other } : step));
    expect(await audit(changed)).toMatchObject({ code: "audit/not-final" });
  });

  test("a step that the chain has let go", async () => {
    const honest = scene.chain();
    const key = STORAGE.step.key(CLUSTER, 1n);
    const gone = {
      ...honest,
      read: <T>(item: Parameters<typeof honest.read<T>>[0]) =>
        equalBytes(item.key, key) ? Promise.resolve(undefined) : honest.read(item),
    };
    expect(await audit(gone)).toMatchObject({ code: "audit/step-missing", facts: { index: "1" } });
  });
});

describe("a node that lies", () => {
  test("about blocks: others, fewer, none, or no batch", async () => {
    const { chain } = scene.network;
    const batch = (change: (batch: SyncBatch) => SyncBatch | undefined) =>
      scene.chain({
        pha_syncBatch: ([from, most]) => {
          const honest = chain.batch(Number(from), Number(most));
          const changed = honest && change(honest);
          return changed ? toHex(encode(SyncBatch, changed)) : null;
        },
      });
    const swapped = batch(({ headers, proofs, justification }) => ({
      headers: headers.toReversed(),
      proofs: proofs.toReversed(),
      justification,
    }));
    expect(await audit(swapped)).toMatchObject({ code: "audit/foreign-block" });
    // The proof of another block has another root.
    const withoutCommands = batch((one) => ({
      ...one,
      proofs: one.proofs.map(() => one.proofs[0] ?? []),
    }));
    expect(await audit(withoutCommands)).toMatchObject({ code: "rpc/malformed-answer" });
    const empty = batch((one) => ({ ...one, headers: [], proofs: [] }));
    expect(await audit(empty)).toMatchObject({ code: "rpc/malformed-answer" });
    expect(await audit(batch(() => undefined))).toMatchObject({ code: "rpc/malformed-answer" });
  });

  test("about the length: a range of too many blocks is not fetched", async () => {
    const long = withSteps((step, i) =>
      i === 6 ? { ...step, block: { ...step.block, number: 99_999 } } : step,
    );
    expect(await audit(long, { to: 6n })).toMatchObject({ code: "audit/too-long" });
  });
});
