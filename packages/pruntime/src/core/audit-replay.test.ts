import { blake2b256, x25519PublicKey } from "@pha/crypto";
import {
  type AuditOpening,
  openOpening,
  replyBlobs,
  type Snapshot,
  SnapshotManifest,
  STORAGE,
  type StateStep,
} from "@pha/protocol";
import { decode, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { COUNTER, createFakeEngine } from "../testing/fake-engine.ts";
import { type LiveNetwork, liveNetwork } from "../testing/live-network.ts";
import { CLUSTER } from "../testing/scripted-cluster.ts";
import {
  prepareReplay,
  type ReplayError,
  type Replayed,
  type ReplayInput,
} from "./audit-replay.ts";
import { type ContractFacts, declaredAuditKey } from "./cluster-facts.ts";

const SECRET = blake2b256(utf8("auditor"));
const AUDIT_KEY = x25519PublicKey(SECRET);

function audited(options: Parameters<typeof liveNetwork>[0] = {}): LiveNetwork {
  return liveNetwork({ auditKey: AUDIT_KEY, ...options });
}

/** What the chain says of the cluster's contracts. */
function contractsOf({ chain, pallets }: LiveNetwork): readonly ContractFacts[] {
  return pallets.contracts.map((id) => {
    const record = decode(STORAGE.contract.value, chain.get(STORAGE.contract.key(id))!);
    if (!record.ok) throw new Error("no record");
    const stored = decode(STORAGE.code.value, chain.get(STORAGE.code.key(record.value.codeHash))!);
    if (!stored.ok) throw new Error("no code");
    const code = stored.value;
    return { id, record: record.value, code, auditKey: declaredAuditKey(code) };
  });
}

interface Range {
  readonly from?: number;
  readonly to?: number;
  readonly snapshot?: Snapshot;
  readonly change?: Partial<ReplayInput>;
  readonly steps?: (step: StateStep, index: number) => StateStep;
}

function replay(network: LiveNetwork, range: Range = {}): Replayed | ReplayError {
  const { chain, pallets, blobs } = network;
  const { from = 0, to = pallets.steps.length - 1, snapshot, steps = (step) => step } = range;
  const given = pallets.steps.map((step, index) => ({
    step: steps(step, index),
    blob: step.delta.type === "Blob" ? blobs.get(toHex(step.delta.value.digest)) : undefined,
  }));
  const start = snapshot && startOf(network, snapshot);
  const engine = createFakeEngine();
  const prepared = prepareReplay({
    genesisHash: chain.genesisHash,
    cluster: CLUSTER,
    record: pallets.cluster,
    contracts: contractsOf(network),
    openings: pallets.openings,
    auditSecret: SECRET,
    start,
    before: given.slice(snapshot ? Number(snapshot.index) + 1 : 0, from),
    range: given.slice(from, to + 1),
    ...range.change,
  });
  if (!prepared.ok) return prepared.error;
  const { needs, run } = prepared.value;
  const running = run(chain.history(needs, pallets.steps[to]!.block.number));
  let turn = running.next();
  while (!turn.done) turn = running.next(engine.handle(turn.value));
  return turn.value.ok ? turn.value.value : turn.value.error;
}

function startOf({ blobs }: LiveNetwork, snapshot: Snapshot): NonNullable<ReplayInput["start"]> {
  const named = (digest: Uint8Array): Uint8Array => {
    const found = blobs.get(toHex(digest));
    if (found === undefined) throw new Error("the blob is not kept");
    return found;
  };
  const manifest = named(snapshot.manifest.digest);
  const digests = decode(SnapshotManifest, manifest);
  if (!digests.ok) throw new Error("no manifest");
  return { snapshot, manifest, chunks: digests.value.chunks.map(named) };
}

/** The same step with another name of its last reply, which is a blob. */
function withOtherBlob(step: StateStep): StateStep {
  const last = step.replies.at(-1)!;
  const sealed = { type: "Blob", value: { digest: SECRET, bytes: 48 + 4_096 } } as const;
  expect(last.sealed?.type).toBe("Blob");
  return { ...step, replies: [...step.replies.slice(0, -1), { ...last, sealed }] };
}

/** Commands of every kind, from the first step on. */
function busy(network: LiveNetwork): void {
  const { client } = network;
  const [first, second] = network.pallets.contracts;
  client.send({ argument: 5 });
  client.send({ contract: second!, argument: 6 });
  network.blocks(2);
  client.send({ selector: COUNTER.fail });
  client.send({ selector: COUNTER.random });
  client.send({ contract: first!, selector: COUNTER.echo, argument: 3000 });
  network.blocks(2);
  client.send({ selector: COUNTER.burn });
  client.send({ argument: 7 });
  network.blocks(4);
}

describe("with the audit key", () => {
  test("a history is run again from the first step on, to the same roots, deltas and replies", () => {
    const network = audited();
    busy(network);
    const salted = network.pallets.instantiate(9);
    network.until(() => network.pallets.sealingKeys(salted).length > 0);
    network.client.send({ contract: salted, argument: 8 });
    network.blocks(6);
    const { steps, root } = network.pallets;
    const commands = steps.reduce((sum, { replies }) => sum + replies.length, 0);
    // Replies that are blobs are compared by their names: no blob is needed.
    expect(steps.flatMap(({ replies }) => replyBlobs(replies)).length).toBe(1);
    expect(replay(network)).toEqual({
      steps: steps.length,
      commands,
      unopened: 0,
      root: root!.root,
    });
    expect(commands).toBe(8);
  });

  test("a part of it, whose steps before are only opened", () => {
    const network = audited();
    busy(network);
    expect(replay(network, { from: 2, to: 3 })).toMatchObject({ steps: 2 });
  });

  test("commands that waited for another block's fuel", () => {
    const network = audited({ fuelPerBlock: 1_000_000n });
    for (let i = 0; i < 4; i++) network.client.send({ argument: i });
    network.blocks(10);
    expect(network.pallets.steps.length).toBe(5);
    expect(replay(network, { from: 3 })).toMatchObject({ steps: 2, commands: 2 });
  });

  test("from a snapshot on, whose steps before it are gone; with a delta that is a blob", () => {
    const network = audited({ snapshotSteps: 3, fuelPerBlock: 100_000_000n });
    const { client, pallets } = network;
    for (let i = 0; i < 3; i++) {
      client.send({ argument: i });
      network.blocks(3);
    }
    network.until(() => pallets.snapshot !== undefined);
    client.send({ selector: COUNTER.write, argument: 60_000 });
    client.send({ selector: COUNTER.write, argument: 60_000 });
    network.blocks(6);
    const { snapshot, steps } = pallets;
    expect(steps.at(-1)?.delta.type).toBe("Blob");
    const range = { from: Number(snapshot!.index) + 1, snapshot: snapshot! };
    expect(replay(network, range)).toMatchObject({ root: pallets.root?.root });
    expect(replay(network, { ...range, from: steps.length - 1 })).toMatchObject({ steps: 1 });
  });

  test("over changes of the keys' name, with and without cause, and rotations of the state key", () => {
    const network = audited({ snapshotSteps: 100 });
    const { client, pallets } = network;
    client.send({ argument: 1 });
    network.blocks(3);
    // Sealed to the former name, which replicas still open.
    const late = client.makeCommand({ argument: 2 });
    pallets.newEpoch("grace");
    network.blocks(3);
    expect(pallets.command(late.command)).toBeUndefined();
    network.until(() => client.reply(late) !== "waiting");
    expect(client.reply(late)).not.toBe("none");
    // Sealed to a name that is gone before it is executed.
    const lost = client.send({ argument: 3 });
    pallets.newEpoch();
    network.until(() => client.reply(lost) !== "waiting");
    network.until(() => pallets.sealingKeys(pallets.contracts[0]!).at(-1)?.epoch === 3n);
    client.send({ argument: 4 });
    network.blocks(8);
    expect(pallets.steps.at(-1)).toMatchObject({ epoch: 3n, keyVersion: 1 });
    expect(pallets.openings.map(({ opening }) => opening.epoch)).toEqual([1n, 2n, 3n]);
    const replayed = replay(network);
    expect(replayed).toMatchObject({ commands: 4, root: pallets.root?.root });
    expect(replayed).toMatchObject({ unopened: client.reply(lost) === "none" ? 1 : 0 });
  });
});

describe("refused", () => {
  test("another key opens nothing", () => {
    const network = audited();
    expect(replay(network, { change: { auditSecret: blake2b256(utf8("stranger")) } })).toEqual({
      code: "audit/wrong-key",
    });
  });

  test("an opening is bound to chain, cluster, name and version", () => {
    const network = audited();
    const { chain, pallets } = network;
    const [kept] = pallets.openings;
    const open = (change: Partial<AuditOpening>, genesisHash = chain.genesisHash) =>
      openOpening({
        genesisHash,
        opening: { ...kept!.opening, ...change },
        auditSecret: SECRET,
      }).ok;
    expect(open({})).toBe(true);
    expect(open({}, blake2b256(utf8("another chain")))).toBe(false);
    expect(open({ cluster: SECRET })).toBe(false);
    expect(open({ generation: 2n })).toBe(false);
    expect(open({ epoch: 2n })).toBe(false);
    expect(open({ version: 1 })).toBe(false);
    const { sealed } = kept!.opening;
    for (let i = 0; i < sealed.length; i++)
      expect(open({ sealed: sealed.map((byte, at) => (at === i ? byte ^ 1 : byte)) })).toBe(false);
    expect(open({ sealed: new Uint8Array(0) })).toBe(false);
  });

  test("a step under a name that nobody sealed", () => {
    const network = audited();
    busy(network);
    expect(replay(network, { change: { openings: [] } })).toMatchObject({
      code: "audit/no-opening",
      generation: 1n,
      epoch: 1n,
    });
  });

  test.each<readonly [what: string, change: (step: StateStep) => StateStep]>([
    ["root", (step) => ({ ...step, newRoot: SECRET })],
    ["delta", (step) => ({ ...step, delta: { type: "OnChain", value: SECRET } })],
    ["replies", (step) => ({ ...step, replies: step.replies.slice(1) })],
    ["replies", withOtherBlob],
  ])("a history whose %s is not what comes out", (what, change) => {
    const network = audited();
    busy(network);
    const steps = (step: StateStep, index: number) => (index === 2 ? change(step) : step);
    expect(replay(network, { steps })).toMatchObject({ code: "audit/differs", what, index: 2n });
  });

  test("work at a block that had none", () => {
    const network = audited();
    busy(network);
    const steps = (step: StateStep, index: number) =>
      index === 1 ? { ...step, block: network.pallets.steps[2]!.block } : step;
    expect(replay(network, { steps, to: 2 })).toMatchObject({
      code: "audit/differs",
      what: "block",
    });
  });

  test("a majority that computed something else is found", () => {
    const network = audited();
    network.client.send({ argument: 1 });
    network.blocks(4);
    for (const worker of network.workers) worker.engine.dissent = true;
    network.client.send({ argument: 1 });
    network.blocks(4);
    expect(replay(network)).toMatchObject({ code: "audit/differs", what: "root", index: 2n });
  });

  test("blocks that are not the chain's, a contract that the caller does not know", () => {
    const network = audited();
    busy(network);
    network.pallets.instantiate(9);
    network.blocks(5);
    const contracts = contractsOf(network);
    expect(replay(network, { change: { contracts: contracts.slice(0, 2) } })).toMatchObject({
      code: "audit/unknown-contract",
    });
    const other = audited({ contracts: 1 });
    other.client.send({ argument: 5 });
    other.blocks(4);
    const steps = (step: StateStep) => ({
      ...step,
      block: { ...step.block, hash: SECRET },
    });
    expect(replay(other, { steps })).toMatchObject({ code: "history/not-linked" });
  });
});

describe("who seals nothing", () => {
  test("a cluster whose contracts declare no key", () => {
    expect(liveNetwork().pallets.openings).toEqual([]);
  });

  test.each([
    ["none", "none" as const],
    ["another one", x25519PublicKey(blake2b256(utf8("other")))],
  ])("a cluster in which a contract declares %s, whatever the chain lets in", (_, declared) => {
    const network = audited();
    expect(network.pallets.openings).toHaveLength(1);
    network.pallets.instantiate(9, declared);
    network.blocks(5);
    network.pallets.newEpoch("grace");
    network.blocks(8);
    expect(network.pallets.wrap?.epoch).toBe(2n);
    expect(network.pallets.openings.map(({ opening }) => opening.epoch)).toEqual([1n]);
  });

  test("a key that no secret belongs to", () => {
    const network = liveNetwork({ auditKey: new Uint8Array(32) });
    expect(network.pallets.openings).toEqual([]);
    expect(network.pallets.cluster.status.type).toBe("Live");
  });
});
