import { blake2b256 } from "@pha/crypto";
import {
  type BlockRef,
  type Cluster,
  executionTag,
  MAX_PENDING_COMMITS,
  type SignedCommit,
} from "@pha/protocol";
import { describe, expect, test } from "vitest";
import { PHA } from "../parameters.ts";
import { DEVELOPMENT_CLUSTER } from "../pha-genesis.ts";
import { PhalaComputation } from "../phala-computation/index.ts";
import { PhalaPhatContracts } from "../phala-phat-contracts/index.ts";
import { PhalaRegistry } from "../phala-registry/index.ts";
import {
  heartbeatCall,
  type PhaChain,
  phaBranchOf,
  registerCall,
  rejection,
  type Sent,
  type TestBoot,
  testBoot,
} from "../testing/pha-chain.ts";
import {
  clusterKeysCall,
  commitCall,
  type LiveChain,
  signedCommit,
  startKeyed,
  startLive,
  type TestStep,
  testCommand,
  testStep,
  traceOf,
} from "../testing/pha-cluster.ts";
import { keepEvidence, MAX_EVIDENCE } from "./evidence.ts";
import { PhaContractState } from "./index.ts";

const CLUSTER = DEVELOPMENT_CLUSTER;

function storageOf(chain: PhaChain) {
  return chain.runtime.env(chain.overlay).of(PhaContractState).storage;
}

function statusOf(chain: PhaChain): string | undefined {
  const { Clusters } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
  return Clusters.get(CLUSTER)?.status.type;
}

function recordOf(chain: PhaChain): Cluster {
  const { Clusters } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
  const record = Clusters.get(CLUSTER);
  if (record === undefined) throw new Error("the cluster exists");
  return record;
}

function names(sent: Sent): readonly string[] {
  return sent.events.map(({ name }) => name);
}

interface Played extends LiveChain {
  /** Block with a command. */
  readonly block: BlockRef;
  readonly step: TestStep;
  vote(boot: TestBoot, step: TestStep, options?: Parameters<typeof signedCommit>[4]): Sent;
}

function withCommand(): Played {
  const live = startLive();
  const { chain, keys, creation } = live;
  chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 1)), "//Alice");
  const block = chain.head();
  chain.block();
  return {
    ...live,
    block,
    step: testStep(chain, keys.vetKey, block, creation.newRoot),
    vote: (boot, step, options) =>
      chain.send(commitCall(chain, boot, signedCommit(chain, boot, keys.signing, step, options))),
  };
}

describe("a vote", () => {
  test.each([
    ["for another chain", { genesisHash: new Uint8Array(32) }, "OtherNetwork"],
    ["for another cluster", { cluster: new Uint8Array(32) }, "UnknownCluster"],
    ["under another boot", { boot: new Uint8Array(32) }, "NotAssigned"],
    ["for an old epoch", { epoch: 0n }, "StaleEpoch"],
    ["for another generation", { generation: 2n }, "StaleEpoch"],
    ["for a block of a fork", { block: { number: 3, hash: new Uint8Array(32) } }, "UnknownBlock"],
    ["that follows nothing", { previousRoot: new Uint8Array(32).fill(9) }, "BadPreviousRoot"],
  ])("%s is refused", (_, change, error) => {
    const { chain, workers, step, vote } = withCommand();
    expect(rejection(chain, vote(workers[0], step, { change }))).toBe(error);
    expect(storageOf(chain).Pending.get(CLUSTER)).toEqual([]);
  });

  test("is refused when boot or cluster did not sign it", () => {
    const { chain, workers, keys, step } = withCommand();
    const good = signedCommit(chain, workers[0], keys.signing, step);
    for (const part of ["bootSignature", "clusterSignature"] as const) {
      const forged = { ...good, [part]: new Uint8Array(64) };
      const sent = chain.send(commitCall(chain, workers[0], forged));
      expect(rejection(chain, sent)).toBe("BadSignature");
    }
    const other = signedCommit(chain, workers[1], keys.signing, step);
    const stolen = chain.send(commitCall(chain, workers[0], other));
    expect(rejection(chain, stolen)).toBe("NotAssigned");
  });

  test("of an unassigned worker is refused", () => {
    const { chain, step, vote } = withCommand();
    const fourth = testBoot(4);
    chain.send(registerCall(chain, fourth));
    expect(rejection(chain, vote(fourth, step))).toBe("NotAssigned");
  });

  test("of a replica that published no keys is refused", () => {
    const { chain, workers, keys } = startKeyed();
    const creation = testStep(chain, keys.vetKey, { number: 0, hash: chain.genesisHash });
    const signed = signedCommit(chain, workers[0], keys.signing, creation, { carries: true });
    const sent = chain.send(commitCall(chain, workers[0], signed));
    expect(rejection(chain, sent)).toBe("NoSigningKey");
  });

  test("that comes before the others published their keys counts when they did", () => {
    const { chain, workers, keys } = startKeyed();
    const creation = testStep(chain, keys.vetKey, { number: 0, hash: chain.genesisHash });
    for (const [i, boot] of workers.slice(0, 2).entries()) {
      chain.send(clusterKeysCall(chain, boot, keys.keys));
      const signed = signedCommit(chain, boot, keys.signing, creation, { carries: i === 0 });
      expect(rejection(chain, chain.send(commitCall(chain, boot, signed)))).toBeUndefined();
    }
    expect(statusOf(chain)).toBe("Live");
  });

  test("carries only the delta and replies that it names", () => {
    const { chain, workers, keys, step } = withCommand();
    const good = signedCommit(chain, workers[0], keys.signing, step, { carries: true });
    const attempt = (content: SignedCommit["content"]) =>
      rejection(chain, chain.send(commitCall(chain, workers[0], { ...good, content })));
    const onChain = (value: Uint8Array) => ({ type: "OnChain", value }) as const;
    const blob = (bytes: number, digest = blake2b256(step.delta)) =>
      ({ type: "Blob", value: { digest, bytes } }) as const;
    expect(attempt({ delta: onChain(new Uint8Array(16)), replies: [] })).toBe("BadContent");
    expect(attempt({ delta: blob(1 << 20), replies: [] })).toBe("BadContent");
    expect(attempt({ delta: blob(1024, CLUSTER), replies: [] })).toBe("BadContent");
    const reply = { contract: CLUSTER, commandId: CLUSTER, sealed: undefined };
    expect(attempt({ delta: onChain(step.delta), replies: [reply] })).toBe("BadContent");
    expect(storageOf(chain).Pending.get(CLUSTER)).toEqual([]);
    expect(attempt(good.content)).toBeUndefined();
  });
});

describe("a root", () => {
  test("is final with two of three votes and the delta, in either order", () => {
    const { chain, workers, step, vote } = withCommand();
    const [first, second, third] = workers;
    expect(names(vote(first, step))).toContain("VoteTaken");
    expect(names(vote(second, step))).not.toContain("RootFinal");
    expect(storageOf(chain).Roots.get(CLUSTER)?.index).toBe(0n);
    expect(names(vote(third, step, { carries: true }))).toContain("RootFinal");
    expect(storageOf(chain).Roots.get(CLUSTER)).toMatchObject({ index: 1n, root: step.newRoot });
  });

  test("is not final by one replica's many votes", () => {
    const { chain, workers, step, vote } = withCommand();
    for (let i = 0; i < 3; i++) vote(workers[0], step, { carries: true });
    expect(storageOf(chain).Votes.get(CLUSTER, step.block.number)).toHaveLength(1);
    expect(storageOf(chain).Roots.get(CLUSTER)?.index).toBe(0n);
  });

  test("follows the one before: pipelined votes become final in order", () => {
    const { chain, workers, keys, step, vote } = withCommand();
    const [first, second] = workers;
    const next = testStep(chain, keys.vetKey, chain.head(), step.newRoot);
    chain.block();
    vote(first, step, { carries: true });
    vote(first, next, { carries: true });
    expect(storageOf(chain).Pending.get(CLUSTER)).toHaveLength(2);
    expect(names(vote(second, step))).toContain("RootFinal");
    expect(names(vote(second, next))).toContain("RootFinal");
    expect(storageOf(chain).Roots.get(CLUSTER)).toMatchObject({ index: 2n, root: next.newRoot });
  });

  test("waits with at most eight others", () => {
    const { chain, workers, keys, creation, vote } = withCommand();
    let previous = creation.newRoot;
    const verdicts: (string | undefined)[] = [];
    for (let i = 0; i <= MAX_PENDING_COMMITS; i++) {
      const block = chain.head();
      const step = testStep(chain, keys.vetKey, block, previous);
      chain.block();
      verdicts.push(rejection(chain, vote(workers[0], step)));
      previous = step.newRoot;
    }
    expect(verdicts.slice(0, -1)).toEqual(Array.from({ length: MAX_PENDING_COMMITS }));
    expect(verdicts.at(-1)).toBe("TooManyPending");
  });

  test("is not decided by the first replica of a cluster that is being filled", () => {
    const { chain, workers, keys } = startKeyed();
    expect(workers).toHaveLength(3);
    const creation = testStep(chain, keys.vetKey, { number: 0, hash: chain.genesisHash });
    chain.send(clusterKeysCall(chain, workers[0], keys.keys));
    const signed = signedCommit(chain, workers[0], keys.signing, creation, { carries: true });
    chain.send(commitCall(chain, workers[0], signed));
    expect(statusOf(chain)).toBe("Pending");
  });
});

describe("dissent", () => {
  test("is kept as evidence and suspends until the worker starts anew", () => {
    const { chain, workers, keys, block, creation, step, vote } = withCommand();
    const [first, second, third] = workers;
    const wrong = testStep(chain, keys.vetKey, block, creation.newRoot, "off by one");
    vote(third, wrong, { carries: true });
    vote(first, step, { carries: true });
    const sent = vote(second, step);
    expect(names(sent)).toEqual(expect.arrayContaining(["RootFinal", "Dissented"]));
    expect(storageOf(chain).Dissents.get(CLUSTER, third.boot)?.vote.commit.newRoot).toEqual(
      wrong.newRoot,
    );
    expect([...storageOf(chain).Contents.entries()]).toEqual([]);
    expect(chain.send(heartbeatCall(chain, third)).error).toBe("Suspended");
    const again = testBoot(3, "Worker", 1);
    expect(chain.send(registerCall(chain, again)).error).toBeUndefined();
    expect(rejection(chain, chain.send(heartbeatCall(chain, again)))).toBeUndefined();
  });

  test("is found in a late vote too, and a late vote that agrees is welcome", () => {
    const { chain, workers, keys, block, creation, step, vote } = withCommand();
    const [first, second, third] = workers;
    vote(first, step, { carries: true });
    vote(second, step);
    const agreeing = phaBranchOf(chain);
    const signed = signedCommit(agreeing, { ...third }, keys.signing, step);
    const welcome = agreeing.send(commitCall(agreeing, { ...third }, signed));
    expect(rejection(agreeing, welcome)).toBeUndefined();
    const wrong = testStep(chain, keys.vetKey, block, creation.newRoot, "off by one");
    expect(names(vote(third, wrong))).toContain("Dissented");
  });

  test("of all leaves the cluster disputed until governance names a root", () => {
    const { chain, workers, keys, block, creation, vote } = withCommand();
    const steps = workers.map((_, i) =>
      testStep(chain, keys.vetKey, block, creation.newRoot, `version ${i}`),
    );
    for (const [i, boot] of workers.entries()) {
      const step = steps[i];
      if (step) vote(boot, step, { carries: true });
    }
    expect(statusOf(chain)).toBe("Disputed");
    const command = chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 2));
    expect(chain.send(command, "//Alice").error).toBe("ClusterDisputed");
    const { name_root } = chain.runtime.tx.PhaContractState;
    const [chosen] = storageOf(chain).Votes.get(CLUSTER, block.number);
    if (!chosen) throw new Error("there are votes");
    const named = { cluster: CLUSTER, block: block.number, digest: chosen.digest };
    expect(chain.send(name_root(named), "//Alice").error).toBe("BadOrigin");
    const unknown = { ...named, digest: new Uint8Array(32) };
    expect(chain.sudo(name_root(unknown)).error).toBe("UnknownVote");
    expect(chain.sudo(name_root(named)).error).toBeUndefined();
    expect(statusOf(chain)).toBe("Live");
    expect(storageOf(chain).Roots.get(CLUSTER)?.root).toEqual(steps[0]?.newRoot);
  });
});

test("two votes of one boot for one block cost the bond and the seat, also after the block is final", () => {
  const { chain, workers, keys, block, creation, step, vote } = withCommand();
  const [first] = workers;
  const worker = first.identity.publicKey;
  const bonded = 500n * PHA;
  chain.send(chain.runtime.tx.PhalaComputation.bond_worker({ worker, amount: bonded }));
  const late = phaBranchOf(chain);
  vote(first, step, { carries: true });
  const other = testStep(chain, keys.vetKey, block, creation.newRoot, "another");
  expect(names(vote(first, other))).toContain("Equivocated");
  expect(storageOf(chain).Equivocations.get(first.boot)).toMatchObject({
    first: { commit: { newRoot: step.newRoot } },
    second: { commit: { newRoot: other.newRoot } },
  });
  const { Suspended } = chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
  expect(Suspended.get(first.identity.publicKey)?.reason.type).toBe("Equivocation");
  expect(chain.send(registerCall(chain, testBoot(1, "Worker", 1))).error).toBe("Suspended");
  const { Bonds } = chain.runtime.env(chain.overlay).of(PhalaComputation).storage;
  expect(Bonds.get(worker)).toBeUndefined();
  expect(recordOf(chain).replicas).toHaveLength(2);
  expect(recordOf(chain).epoch).toBe(2n);
  // The same after the majority, this boot among them, made the root final.
  first.sequence -= 2n;
  for (const [boot, carries] of [
    [first, true],
    [workers[1], false],
  ] as const)
    late.send(commitCall(late, boot, signedCommit(late, boot, keys.signing, step, { carries })));
  const again = late.send(commitCall(late, first, signedCommit(late, first, keys.signing, other)));
  expect(names(again)).toEqual(expect.arrayContaining(["Equivocated", "Slashed"]));
});

describe("the trace of an execution", () => {
  /** Two blocks with a command each, and their steps. */
  function twoSteps() {
    const played = withCommand();
    const { chain, keys, step } = played;
    const next = testStep(chain, keys.vetKey, chain.head(), step.newRoot);
    chain.block();
    return { ...played, next };
  }
  const shown = (step: TestStep, trace = traceOf(step.block.number)) => ({
    change: { revealed: { block: step.block.number, trace } },
  });

  test("is shown with the next vote, and kept when it fits the promise", () => {
    const { chain, workers, step, next, vote } = twoSteps();
    for (const boot of workers) vote(boot, step, { carries: true });
    for (const boot of workers)
      expect(names(vote(boot, next, shown(step)))).not.toContain("NotExecuted");
    expect(storageOf(chain).Traces.get(CLUSTER, step.block.number)).toHaveLength(3);
  });

  test("votes are counted from the first root that one agreed with, be it late", () => {
    const { chain, workers, step, next, vote } = twoSteps();
    const [first, second, late] = workers;
    const { Duties, Roots } = storageOf(chain);
    const dutyOf = (boot: (typeof workers)[number]) => Duties.get(boot.identity.publicKey);
    // The creation's root, which all three voted on.
    expect(Roots.get(CLUSTER)?.index).toBe(0n);
    expect(dutyOf(late)).toMatchObject({ from: 0n, votes: 1n });
    // As of one that took its seat since.
    Duties.remove(late.identity.publicKey);
    for (const one of [step, next])
      for (const boot of [first, second]) vote(boot, one, { carries: true });
    expect(Roots.get(CLUSTER)?.index).toBe(2n);
    expect(dutyOf(first)).toMatchObject({ from: 0n, votes: 3n });
    expect(dutyOf(late)).toBeUndefined();
    vote(late, step);
    expect(dutyOf(late)).toMatchObject({ from: 1n, votes: 1n });
    vote(late, next);
    expect(dutyOf(late)).toMatchObject({ from: 1n, votes: 2n });
  });

  test("is not to be had for who copied the root: its promise was made before the others showed theirs", () => {
    const { chain, workers, step, next, vote } = twoSteps();
    const [first, second, lazy] = workers;
    const promise = executionTag(lazy.boot, step.block.hash, new Uint8Array(32));
    vote(first, step, { carries: true });
    vote(second, step);
    // The copied root counts: alone it shows nothing, as it would without tags.
    expect(
      rejection(chain, vote(lazy, step, { change: { executionTag: promise } })),
    ).toBeUndefined();
    for (const boot of [first, second]) vote(boot, next, { ...shown(step), carries: true });
    const caught = vote(lazy, next, shown(step));
    expect(names(caught)).toEqual(expect.arrayContaining(["NotExecuted", "WorkerSuspended"]));
    expect(storageOf(chain).EvidenceAt.get(0)?.boot).toEqual(lazy.boot);
    // Nothing is slashed and the seat stays: a new boot takes it.
    expect(recordOf(chain).replicas).toHaveLength(3);
    expect(chain.send(registerCall(chain, testBoot(3, "Worker", 1))).error).toBeUndefined();
  });

  test("that keeps its promise and differs from the majority's was made up", () => {
    const { chain, workers, step, next, vote } = twoSteps();
    const [first, second, lazy] = workers;
    const made = new Uint8Array(32).fill(7);
    vote(first, step, { carries: true });
    vote(second, step);
    vote(lazy, step, { change: { executionTag: executionTag(lazy.boot, step.block.hash, made) } });
    expect(names(vote(lazy, next, shown(step, made)))).not.toContain("NotExecuted");
    vote(first, next, shown(step));
    expect(names(vote(second, next, shown(step)))).toContain("NotExecuted");
    expect(statusOf(chain)).toBe("Live");
    expect(chain.send(heartbeatCall(chain, lazy)).error).toBe("Suspended");
  });

  test("may be missing now and then, as when a vote got lost, and not always", () => {
    const { chain, workers, keys, step, vote } = withCommand();
    const caught: boolean[] = [];
    let previous = step;
    for (const boot of workers.slice(0, 2)) vote(boot, step, { carries: true });
    for (let i = 0; i < 6; i++) {
      const block = chain.head();
      chain.block();
      const one = testStep(chain, keys.vetKey, block, previous.newRoot);
      const sent = vote(workers[0], one, { carries: true, change: { revealed: undefined } });
      caught.push(names(sent).includes("NotExecuted"));
      if (caught.at(-1)) break;
      vote(workers[1], one, shown(previous));
      previous = one;
    }
    expect(caught).toEqual([false, false, false, true]);
  });
});

test("a majority of one vendor decides nothing where two are demanded", () => {
  const { chain, workers, step, vote } = withCommand();
  const { Clusters } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
  Clusters.put(CLUSTER, { ...recordOf(chain), crossVendor: true });
  const { Grades } = chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
  const other = workers[2].identity.publicKey;
  const grade = Grades.get(other);
  if (grade === undefined) throw new Error("the worker is graded");
  Grades.put(other, { ...grade, line: "amd-turin-vcek" });
  vote(workers[0], step, { carries: true });
  expect(names(vote(workers[1], step))).not.toContain("RootFinal");
  expect(names(vote(workers[2], step))).toContain("RootFinal");
});

test("evidence is bounded: the oldest goes, with its votes", () => {
  const { chain, workers, keys, block, creation, step, vote } = withCommand();
  const other = testStep(chain, keys.vetKey, block, creation.newRoot, "another");
  vote(workers[0], step, { carries: true });
  vote(workers[0], other);
  const { EvidenceAt, EvidenceNext, Equivocations } = storageOf(chain);
  expect(EvidenceAt.get(0)).toMatchObject({ kind: { type: "Equivocation" }, block: block.number });
  EvidenceNext.put(MAX_EVIDENCE);
  const boot = new Uint8Array(32).fill(3);
  const kind = { type: "Dissent", value: undefined } as const;
  const ctx = chain.runtime.env(chain.overlay).of(PhaContractState);
  keepEvidence(ctx, { kind, cluster: CLUSTER, boot, block: 9 });
  expect(EvidenceAt.get(0)?.boot).toEqual(boot);
  expect(Equivocations.has(workers[0].boot)).toBe(false);
});

describe("a vote of a replaced boot", () => {
  test("does not count, and its successor votes again", () => {
    const { chain, workers, keys, step, vote } = withCommand();
    const [first, second] = workers;
    vote(first, step, { carries: true });
    const again = testBoot(1, "Worker", 1);
    chain.send(registerCall(chain, again));
    expect(names(vote(second, step))).not.toContain("RootFinal");
    chain.send(clusterKeysCall(chain, again, keys.keys));
    expect(names(vote(again, step, { carries: true }))).toContain("RootFinal");
  });
});

test("a cluster without progress is late after ten blocks and halted after a hundred", () => {
  const { chain, workers, step, vote } = withCommand();
  const until = (blocks: number) => {
    while (chain.number() < step.block.number + blocks) chain.block();
  };
  until(10);
  expect(statusOf(chain)).toBe("Live");
  until(11);
  expect(statusOf(chain)).toBe("Late");
  const command = chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 2));
  expect(chain.send(command, "//Alice").error).toBe("ClusterLate");
  vote(workers[0], step, { carries: true });
  vote(workers[1], step);
  expect(statusOf(chain)).toBe("Live");
  const again = chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 3));
  expect(chain.send(again, "//Alice").error).toBeUndefined();
  for (let i = 0; i < 101; i++) chain.block();
  expect(statusOf(chain)).toBe("Halted");
});
