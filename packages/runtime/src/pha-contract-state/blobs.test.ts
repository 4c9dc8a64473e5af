import { blake2b256 } from "@pha/crypto";
import {
  type BlobRef,
  type BlockRef,
  CLUSTER_ITSELF,
  MAX_MANIFEST_BYTES,
  MAX_REPLY_BLOBS,
  type Reply,
  type Snapshot,
  SnapshotVote,
  StorageReceipt,
  TOPIC,
} from "@pha/protocol";
import { encode, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { DEVELOPMENT_CLUSTER as CLUSTER } from "../pha-genesis.ts";
import {
  messageCall,
  type PhaChain,
  rejection,
  type Sent,
  type TestBoot,
} from "../testing/pha-chain.ts";
import {
  commitCall,
  EPOCH,
  type LiveChain,
  signedCommit,
  startLive,
  type TestStep,
  testCommand,
  testStep,
} from "../testing/pha-cluster.ts";
import { KEPT_BLOCKS, PRUNED_PER_BLOCK } from "./declaration.ts";
import { PhaContractState } from "./index.ts";

function storageOf(chain: PhaChain) {
  return chain.runtime.env(chain.overlay).of(PhaContractState).storage;
}

const names = (sent: Sent): readonly string[] => sent.events.map(({ name }) => name);

const receiptCall = (chain: PhaChain, boot: TestBoot, ...digests: Uint8Array[]) =>
  messageCall(chain, boot, TOPIC.storageReceipt, encode(StorageReceipt, { digests }));

function snapshotCall(
  chain: PhaChain,
  boot: TestBoot,
  snapshot: Snapshot,
  change: Partial<SnapshotVote> = {},
) {
  const vote = { cluster: CLUSTER, ...EPOCH, snapshot, ...change };
  return messageCall(chain, boot, TOPIC.snapshot, encode(SnapshotVote, vote));
}

/** A final step after the creation, and what a snapshot of it is called. */
function played(): LiveChain & {
  readonly step: TestStep;
  next(
    previousRoot: Uint8Array,
    delta?: BlobRef,
    replies?: readonly Reply[],
  ): TestStep & { sent: readonly Sent[] };
  snapshotOf(step: TestStep, index: bigint, change?: Partial<Snapshot>): Snapshot;
} {
  const live = startLive();
  const { chain, keys, workers, creation } = live;

  function next(previousRoot: Uint8Array, delta?: BlobRef, replies: readonly Reply[] = []) {
    const number = chain.number();
    chain.send(
      chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, number)),
      "//Alice",
    );
    const block: BlockRef = chain.head();
    chain.block();
    const step = testStep(chain, keys.vetKey, block, previousRoot, "honest", replies);
    const sent = workers.map((boot, i) => {
      const signed = signedCommit(chain, boot, keys.signing, step, {
        carries: i === 0,
        ...(delta && { change: { deltaHash: delta.digest } }),
      });
      const content =
        delta && i === 0
          ? { delta: { type: "Blob", value: delta } as const, replies }
          : signed.content;
      return chain.send(commitCall(chain, boot, { ...signed, content }));
    });
    return { ...step, sent };
  }

  function snapshotOf(step: TestStep, index: bigint, change: Partial<Snapshot> = {}): Snapshot {
    const { block, previousRoot, newRoot: root } = step;
    const manifest = { digest: blake2b256(utf8(`manifest ${index}`)), bytes: 33 };
    return { index, block, previousRoot, root, keyVersion: 0, manifest, chunks: 1, ...change };
  }
  return { ...live, step: next(creation.newRoot), next, snapshotOf };
}

const BLOB: BlobRef = { digest: blake2b256(utf8("a large delta")), bytes: 262_160 };

describe("a delta in a blob", () => {
  test("is announced by its carrier, and final when an operator keeps it", () => {
    const { chain, workers, step, next } = played();
    const { newRoot, sent } = next(step.newRoot, BLOB);
    expect(names(sent[0]!)).toContain("BlobAnnounced");
    // A majority for the right root, and nobody has the bytes: the withheld delta.
    expect(sent.flatMap(names)).not.toContain("RootFinal");
    expect(storageOf(chain).Roots.get(CLUSTER)?.root).toEqual(step.newRoot);
    const receipt = chain.send(receiptCall(chain, workers[1], BLOB.digest));
    expect(names(receipt)).toEqual(expect.arrayContaining(["BlobKept", "RootFinal"]));
    expect(storageOf(chain).Roots.get(CLUSTER)?.root).toEqual(newRoot);
    const blob = storageOf(chain).Blobs.get(BLOB.digest);
    expect(blob).toMatchObject({ bytes: BLOB.bytes, references: 1, isManifest: false });
    expect(blob?.receipts.length).toBe(1);
  });

  test("has one receipt of an operator, however many replicas it runs", () => {
    const { chain, workers, step, next } = played();
    next(step.newRoot, BLOB);
    chain.send(receiptCall(chain, workers[0], BLOB.digest));
    const again = chain.send(receiptCall(chain, workers[1], BLOB.digest));
    expect(rejection(chain, again)).toBe("RepeatedReceipt");
  });

  test("has no receipt of a stranger, or before it is announced", () => {
    const { chain, workers, seat, step, next } = played();
    expect(rejection(chain, chain.send(receiptCall(chain, workers[0], BLOB.digest)))).toBe(
      "UnknownBlob",
    );
    next(step.newRoot, BLOB);
    expect(rejection(chain, chain.send(receiptCall(chain, seat.boot, BLOB.digest)))).toBe(
      "NotAssigned",
    );
    const cut = messageCall(chain, workers[0], TOPIC.storageReceipt, BLOB.digest);
    expect(rejection(chain, chain.send(cut))).toBe("MalformedMessage");
  });
});

function named(text: string, bytes = 48 + 4_096): Reply {
  const digest = blake2b256(utf8(text));
  return {
    contract: CLUSTER,
    commandId: digest,
    sealed: { type: "Blob", value: { digest, bytes } },
  };
}
const digestOf = ({ commandId }: Reply): Uint8Array => commandId;

describe("replies in blobs", () => {
  const REPLIES = [named("one"), named("another", 48 + 262_144)];
  const [ONE, OTHER] = REPLIES.map(digestOf) as [Uint8Array, Uint8Array];

  test("are announced by their carrier, and the root is final when an operator keeps all of them", () => {
    const { chain, workers, step, next } = played();
    const { newRoot, sent } = next(step.newRoot, undefined, REPLIES);
    expect(names(sent[0]!).filter((name) => name === "BlobAnnounced").length).toBe(2);
    expect(sent.flatMap(names)).not.toContain("RootFinal");
    const first = chain.send(receiptCall(chain, workers[0], ONE));
    expect(names(first)).toContain("BlobKept");
    expect(names(first)).not.toContain("RootFinal");
    expect(names(chain.send(receiptCall(chain, workers[1], OTHER)))).toContain("RootFinal");
    expect(storageOf(chain).Roots.get(CLUSTER)?.root).toEqual(newRoot);
    // The step has taken the vote's references over.
    for (const digest of [ONE, OTHER])
      expect(storageOf(chain).Blobs.get(digest)).toMatchObject({ references: 1 });
    expect(storageOf(chain).Steps.get([CLUSTER, 2n])?.replies).toEqual(REPLIES);
    expect(chain.runtime.tryState(chain.overlay)).toBeUndefined();
  });

  test("have one receipt together; what the chain does not refer to, or has, is passed over", () => {
    const { chain, workers, step, next } = played();
    next(step.newRoot, BLOB, REPLIES);
    const [first] = workers;
    chain.send(receiptCall(chain, first, ONE));
    const strange = blake2b256(utf8("strange"));
    const all = chain.send(receiptCall(chain, first, strange, ONE, OTHER, BLOB.digest));
    expect(names(all).filter((name) => name === "BlobKept").length).toBe(2);
    expect(names(all)).toContain("RootFinal");
    const again = chain.send(receiptCall(chain, first, strange, ONE, OTHER));
    expect(rejection(chain, again)).toBe("RepeatedReceipt");
    expect(rejection(chain, chain.send(receiptCall(chain, first)))).toBe("UnknownBlob");
  });

  test.each<readonly [what: string, replies: readonly Reply[]]>([
    ["more blobs", Array.from({ length: MAX_REPLY_BLOBS + 1 }, (_, i) => named(`${i}`))],
    ["more bytes", Array.from({ length: 5 }, (_, i) => named(`${i}`, 48 + 262_144))],
  ])("are refused when a commit names %s than it may", (_, replies) => {
    const { chain, step, next } = played();
    const { sent } = next(step.newRoot, undefined, replies);
    expect(rejection(chain, sent[0]!)).toBe("BadContent");
    expect([...storageOf(chain).Blobs.keys()]).toEqual([]);
  });

  test("as many as may be are final at once, and go with their step", () => {
    const { chain, workers, step, next, snapshotOf } = played();
    const [first, second] = workers;
    const replies = Array.from({ length: MAX_REPLY_BLOBS }, (_, i) => named(`${i}`));
    const large = next(step.newRoot, undefined, replies);
    const kept = chain.send(receiptCall(chain, first, ...replies.map(digestOf)));
    expect(names(kept)).toContain("RootFinal");
    const snapshot = snapshotOf(large, 2n);
    for (const boot of [first, second]) chain.send(snapshotCall(chain, boot, snapshot));
    chain.send(receiptCall(chain, first, snapshot.manifest.digest));
    for (let i = 0; i < KEPT_BLOCKS - 1; i++) chain.block();
    expect([...storageOf(chain).Blobs.keys()].length).toBe(MAX_REPLY_BLOBS + 1);
    chain.block();
    chain.block();
    expect([...storageOf(chain).Blobs.keys()]).toEqual([snapshot.manifest.digest]);
  });
});

describe("a vote that says less than the truth of a blob", () => {
  test("holds nobody up: of several lengths the longest counts", () => {
    const { chain, workers, keys, step } = played();
    const [liar, second, third] = workers;
    chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 9)), "//Alice");
    const block = chain.head();
    chain.block();
    const honest = named("reply", 48 + 16_384);
    const { digest } = { digest: digestOf(honest) };
    const shorter = {
      ...honest,
      sealed: { type: "Blob", value: { digest, bytes: 1_073 } },
    } as const;
    const stepOf = (replies: readonly Reply[], result?: string) =>
      testStep(chain, keys.vetKey, block, step.newRoot, result, replies);
    const vote = (boot: TestBoot, of: TestStep) =>
      chain.send(
        commitCall(chain, boot, signedCommit(chain, boot, keys.signing, of, { carries: true })),
      );
    vote(liar, stepOf([shorter]));
    expect(storageOf(chain).Blobs.get(digest)).toMatchObject({ bytes: 1_073, references: 1 });
    vote(second, stepOf([honest]));
    vote(third, stepOf([honest]));
    expect(storageOf(chain).Blobs.get(digest)).toMatchObject({ bytes: 16_432, references: 2 });
    expect(names(chain.send(receiptCall(chain, second, digest)))).toContain("RootFinal");
    // The contradicted vote has let go of it.
    expect(storageOf(chain).Blobs.get(digest)).toMatchObject({ references: 1 });
  });

  test("a delta that is said to be a blob and is not: who carries it next ends the wait", () => {
    const { chain, workers, keys, step } = played();
    chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 9)), "//Alice");
    const block = chain.head();
    chain.block();
    const of = testStep(chain, keys.vetKey, block, step.newRoot);
    const [liar, ...others] = workers;
    const signed = signedCommit(chain, liar, keys.signing, of);
    const value = { digest: signed.commit.deltaHash, bytes: 70_000 };
    const withheld = { delta: { type: "Blob", value } as const, replies: [] };
    chain.send(commitCall(chain, liar, { ...signed, content: withheld }));
    const [second, third] = others.map((boot) => signedCommit(chain, boot, keys.signing, of));
    chain.send(commitCall(chain, others[0]!, second!));
    chain.send(commitCall(chain, others[1]!, third!));
    expect(storageOf(chain).Roots.get(CLUSTER)?.root).toEqual(step.newRoot);
    const content = { delta: { type: "OnChain", value: of.delta } as const, replies: [] };
    const carried = chain.send(commitCall(chain, others[0]!, { ...second!, content }));
    expect(names(carried)).toContain("RootFinal");
    expect([...storageOf(chain).Blobs.keys()]).toEqual([]);
  });
});

describe("a snapshot", () => {
  test("is final with two of three equal votes and its manifest kept", () => {
    const { chain, workers, step, snapshotOf } = played();
    const [first, second, third] = workers;
    const snapshot = snapshotOf(step, 1n);
    const other = snapshotOf(step, 1n, { chunks: 2 });
    for (const [boot, own] of [
      [first, snapshot],
      [second, other],
    ] as const)
      expect(rejection(chain, chain.send(snapshotCall(chain, boot, own)))).toBeUndefined();
    expect(storageOf(chain).PendingSnapshots.get(CLUSTER)).toBeUndefined();
    expect(names(chain.send(snapshotCall(chain, third, snapshot)))).toContain("BlobAnnounced");
    expect(storageOf(chain).Snapshots.get(CLUSTER)).toBeUndefined();
    const { digest } = snapshot.manifest;
    expect(names(chain.send(receiptCall(chain, first, digest)))).toContain("SnapshotFinal");
    expect(storageOf(chain).Snapshots.get(CLUSTER)).toEqual(snapshot);
    expect(storageOf(chain).Blobs.get(digest)).toMatchObject({ isManifest: true, references: 1 });
    expect(storageOf(chain).SnapshotVotes.get(CLUSTER)).toEqual([]);
  });

  test.each<readonly [what: string, code: string, change: Partial<Snapshot>]>([
    ["another root than the step's", "UnknownRoot", { root: CLUSTER_ITSELF }],
    ["another root before", "UnknownRoot", { previousRoot: CLUSTER_ITSELF }],
    ["another block", "UnknownRoot", { block: { number: 1, hash: CLUSTER_ITSELF } }],
    ["a step that is not final", "UnknownRoot", { index: 2n }],
    ["no chunks", "BadContent", { chunks: 0 }],
    ["too many chunks", "BadContent", { chunks: 1025 }],
    [
      "too long a manifest",
      "BadContent",
      { manifest: { digest: CLUSTER, bytes: MAX_MANIFEST_BYTES + 1 } },
    ],
  ])("of %s is refused", (_, code, change) => {
    const { chain, workers, step, snapshotOf } = played();
    const sent = chain.send(snapshotCall(chain, workers[0], snapshotOf(step, 1n, change)));
    expect(rejection(chain, sent)).toBe(code);
  });

  test("of a stranger, another cluster or epoch, or that does not decode is refused", () => {
    const { chain, workers, seat, step, snapshotOf } = played();
    const snapshot = snapshotOf(step, 1n);
    const code = (boot: TestBoot, change: Partial<SnapshotVote> = {}) =>
      rejection(chain, chain.send(snapshotCall(chain, boot, snapshot, change)));
    expect(code(seat.boot)).toBe("NotAssigned");
    expect(code(workers[0], { cluster: CLUSTER_ITSELF })).toBe("UnknownCluster");
    expect(code(workers[0], { epoch: 9n })).toBe("StaleEpoch");
    const cut = messageCall(chain, workers[0], TOPIC.snapshot, new Uint8Array(3));
    expect(rejection(chain, chain.send(cut))).toBe("MalformedMessage");
  });

  test("replaces the one before, whose blobs are let go; an older one comes too late", () => {
    const { chain, workers, step, creation, next, snapshotOf } = played();
    const [first, second] = workers;
    const old = snapshotOf(step, 1n);
    const later = next(step.newRoot);
    const fresh = snapshotOf(later, 2n);
    for (const snapshot of [old, fresh]) {
      for (const boot of [first, second]) chain.send(snapshotCall(chain, boot, snapshot));
      chain.send(receiptCall(chain, first, snapshot.manifest.digest));
    }
    expect(storageOf(chain).Snapshots.get(CLUSTER)?.index).toBe(2n);
    expect(storageOf(chain).Blobs.get(old.manifest.digest)).toBeUndefined();
    const late = chain.send(snapshotCall(chain, first, snapshotOf(creation, 0n)));
    expect(rejection(chain, late)).toBe("Superseded");
  });

  test("that was announced and is overtaken lets its manifest go", () => {
    const { chain, workers, step, next, snapshotOf } = played();
    const [first, second] = workers;
    const old = snapshotOf(step, 1n);
    for (const boot of [first, second]) chain.send(snapshotCall(chain, boot, old));
    const fresh = snapshotOf(next(step.newRoot), 2n);
    for (const boot of [first, second]) chain.send(snapshotCall(chain, boot, fresh));
    expect(storageOf(chain).Blobs.get(old.manifest.digest)).toBeUndefined();
    expect(storageOf(chain).PendingSnapshots.get(CLUSTER)?.index).toBe(2n);
  });
});

describe("steps", () => {
  test("up to a final snapshot go some blocks after it, with their blobs; later ones stay", () => {
    const { chain, workers, step, next, snapshotOf } = played();
    const [first, second] = workers;
    const large = next(step.newRoot, BLOB);
    chain.send(receiptCall(chain, second, BLOB.digest));
    const last = next(large.newRoot);
    const snapshot = snapshotOf(large, 2n);
    for (const boot of [first, second]) chain.send(snapshotCall(chain, boot, snapshot));
    chain.send(receiptCall(chain, first, snapshot.manifest.digest));
    const { Steps } = storageOf(chain);
    const here = () => [0n, 1n, 2n, 3n].filter((index) => Steps.has([CLUSTER, index]));
    expect(here()).toEqual([0n, 1n, 2n, 3n]);
    for (let i = 0; i < KEPT_BLOCKS - 1; i++) chain.block();
    expect(here()).toEqual([0n, 1n, 2n, 3n]);
    expect(storageOf(chain).Blobs.has(BLOB.digest)).toBe(true);
    chain.block();
    chain.block();
    expect(here()).toEqual([3n]);
    expect(storageOf(chain).Blobs.has(BLOB.digest)).toBe(false);
    expect(storageOf(chain).Blobs.has(snapshot.manifest.digest)).toBe(true);
    expect(storageOf(chain).FirstSteps.get(CLUSTER)).toBe(3n);
    expect(storageOf(chain).Roots.get(CLUSTER)?.root).toEqual(last.newRoot);
  });

  test("go at most so many in one block", () => {
    const { chain } = startLive();
    const { Steps, Pruning } = storageOf(chain);
    const step = Steps.get([CLUSTER, 0n])!;
    const until = BigInt(2 * PRUNED_PER_BLOCK);
    for (let index = 1n; index <= until; index++) Steps.put([CLUSTER, index], step);
    Pruning.put([{ cluster: CLUSTER, until, from: chain.number() }]);
    const left = () =>
      [...Array(2 * PRUNED_PER_BLOCK + 1).keys()].filter((i) => Steps.has([CLUSTER, BigInt(i)]));
    for (const expected of [PRUNED_PER_BLOCK + 1, 1, 0]) {
      chain.block();
      expect(left().length).toBe(expected);
    }
    expect(Pruning.get()).toEqual([]);
  });
});
