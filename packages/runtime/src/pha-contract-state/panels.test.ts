import type { BlockRef, Cluster } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { PHA } from "../parameters.ts";
import { PhaAttestation } from "../pha-attestation/index.ts";
import { DEVELOPMENT_CLUSTER } from "../pha-genesis.ts";
import { PhalaComputation } from "../phala-computation/index.ts";
import { PhalaPhatContracts } from "../phala-phat-contracts/index.ts";
import { PhalaRegistry } from "../phala-registry/index.ts";
import {
  heartbeatCall,
  type PhaChain,
  registerCall,
  rejection,
  type Sent,
  type TestBoot,
  testBoot,
} from "../testing/pha-chain.ts";
import {
  clusterKeysCall,
  commitCall,
  keyRequestCall,
  releaseCall,
  releaseOf,
  signedCommit,
  startLive,
  type TestStep,
  testCommand,
  testRequest,
  testStep,
} from "../testing/pha-cluster.ts";
import { PhaContractState } from "./index.ts";

const CLUSTER = DEVELOPMENT_CLUSTER;
const BOND = 100n * PHA;

const storageOf = (chain: PhaChain) =>
  chain.runtime.env(chain.overlay).of(PhaContractState).storage;
const names = ({ events }: Sent) => events.map(({ name }) => name);

function recordOf(chain: PhaChain): Cluster {
  const { Clusters } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
  const record = Clusters.get(CLUSTER);
  if (record === undefined) throw new Error("the cluster exists");
  return record;
}

const bondOf = (chain: PhaChain, { identity }: TestBoot) =>
  chain.runtime.env(chain.overlay).of(PhalaComputation).storage.Bonds.get(identity.publicKey)
    ?.amount ?? 0n;

/** A live cluster of three with bonds, a command to execute, and others that wait for seats. */
function withSpares(count: number) {
  const live = startLive();
  const { chain, workers, keys, creation } = live;
  const spares = Array.from({ length: count }, (_, i) => testBoot(4 + i));
  chain.sendAll(spares.map((boot) => registerCall(chain, boot)));
  chain.sendAll(
    workers.map(({ identity }) =>
      chain.runtime.tx.PhalaComputation.bond_worker({ worker: identity.publicKey, amount: BOND }),
    ),
  );
  chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 1)), "//Alice");
  const block: BlockRef = chain.head();
  chain.block();
  const beat = () =>
    chain.sendAll([...workers, ...spares].map((boot) => heartbeatCall(chain, boot)));
  beat();
  const step = (result?: string): TestStep =>
    testStep(chain, keys.vetKey, block, creation.newRoot, result);
  const vote = (boot: TestBoot, of: TestStep, carries = true): Sent =>
    chain.send(commitCall(chain, boot, signedCommit(chain, boot, keys.signing, of, { carries })));
  const panel = (): readonly TestBoot[] =>
    (recordOf(chain).panel?.members ?? []).flatMap(({ boot }) =>
      spares.filter((spare) => equalBytes(spare.boot, boot)),
    );
  return { ...live, spares, block, beat, step, vote, panel };
}

/** Three replicas, three roots. */
function disputed(count = 6) {
  const made = withSpares(count);
  const { chain, workers, step, vote } = made;
  const sent = workers.map((boot, i) => vote(boot, step(i === 0 ? "honest" : `version ${i}`)));
  expect(sent.flatMap(names)).toContain("NoMajority");
  return { ...made, last: sent[2], status: () => recordOf(chain).status.type };
}

describe("a dispute", () => {
  test("is judged by a panel of fresh workers that is larger than the set, and gets the keys", () => {
    const { chain, last, panel, status, workers, spares, seat } = disputed();
    expect(status()).toBe("Disputed");
    expect(last && names(last)).toContain("PanelConvened");
    expect(panel()).toHaveLength(5);
    expect(storageOf(chain).Cases.get(CLUSTER)?.votes).toHaveLength(3);
    const [member] = panel();
    if (member === undefined) throw new Error("somebody was drawn");
    const asked = chain.send(keyRequestCall(chain, testRequest(member)));
    expect(rejection(chain, asked)).toBeUndefined();
    const release = (boot: TestBoot) =>
      chain.send(releaseCall(chain, seat, releaseOf(chain, seat, testRequest(boot))));
    expect(names(release(member))).toContain("KeyShareReleased");
    const outside = spares.find((spare) => !panel().includes(spare));
    if (outside === undefined) throw new Error("somebody was not drawn");
    expect(rejection(chain, chain.send(keyRequestCall(chain, testRequest(outside))))).toBe(
      "NotAssigned",
    );
    expect(rejection(chain, release(outside))).toBe("NotReplica");
    const command = chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 2));
    expect(chain.send(command, "//Alice").error).toBe("ClusterDisputed");
    expect(workers).toHaveLength(3);
  });

  test("ends with two thirds of the panel: their root is final, who voted otherwise is slashed and out", () => {
    const { chain, panel, status, workers, step, vote } = disputed();
    const members = panel();
    const honest = step("honest");
    const sent = members.slice(0, 4).map((boot) => vote(boot, honest));
    expect(sent.slice(0, 3).flatMap(names)).not.toContain("PanelVerdict");
    expect(sent[3] && names(sent[3])).toEqual(
      expect.arrayContaining(["PanelVerdict", "RootFinal", "Slashed", "ReplicaRemoved"]),
    );
    expect(status()).toBe("Live");
    expect(recordOf(chain)).toMatchObject({ panel: undefined, epoch: 3n });
    expect(storageOf(chain).Roots.get(CLUSTER)?.root).toEqual(honest.newRoot);
    expect(workers.map((boot) => bondOf(chain, boot))).toEqual([
      BOND,
      (BOND * 4n) / 5n,
      (BOND * 4n) / 5n,
    ]);
    const { Suspended } = chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
    expect(Suspended.get(workers[1].identity.publicKey)?.reason.type).toBe("Judged");
    expect([...storageOf(chain).Contents.entries()]).toEqual([]);
    expect([...storageOf(chain).PanelVotes.entries()]).toEqual([]);
  });

  test("of which the panel splits halts the cluster, keeps what was seen and slashes nobody", () => {
    const { chain, panel, status, workers, step, vote } = disputed();
    const [a, b, c, d] = panel();
    if (!a || !b || !c || !d) throw new Error("five were drawn");
    vote(a, step("honest"));
    vote(b, step("version 1"));
    expect(status()).toBe("Disputed");
    const sent = [vote(c, step("honest")), vote(d, step("version 1"))];
    expect(sent.flatMap(names)).toContain("PanelSplit");
    expect(status()).toBe("Halted");
    expect(workers.map((boot) => bondOf(chain, boot))).toEqual([BOND, BOND, BOND]);
    expect(storageOf(chain).Splits.get(CLUSTER)).toMatchObject({
      votes: { length: 3 },
      panel: { length: 4 },
    });
    const command = chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 2));
    expect(chain.send(command, "//Alice").error).toBe("ClusterHalted");
    for (let i = 0; i < 5; i++) chain.block();
    expect(recordOf(chain).panel).toBeUndefined();
    const [vote0] = storageOf(chain).Votes.get(CLUSTER, step().block.number);
    if (vote0 === undefined) throw new Error("the votes are kept");
    const named = { cluster: CLUSTER, block: step().block.number, digest: vote0.digest };
    expect(chain.sudo(chain.runtime.tx.PhaContractState.name_root(named)).error).toBeUndefined();
    expect(status()).toBe("Live");
    expect(storageOf(chain).Splits.has(CLUSTER)).toBe(false);
  });

  test("without enough workers waits for them, halts, and is judged all the same when they come", () => {
    const { chain, status, panel, step, vote } = disputed(3);
    expect(recordOf(chain).panel).toBeUndefined();
    for (let i = 0; i < 101; i++) chain.block();
    expect(status()).toBe("Halted");
    const more = [20, 21, 22, 23, 24].map((n) => testBoot(n));
    chain.sendAll(more.map((boot) => registerCall(chain, boot)));
    chain.block();
    const members = more.filter(({ boot }) =>
      recordOf(chain).panel?.members.some((one) => equalBytes(one.boot, boot)),
    );
    expect(panel()).toEqual([]);
    expect(members).toHaveLength(5);
    for (const boot of members.slice(0, 4)) vote(boot, step("honest"));
    expect(status()).toBe("Live");
  });

  test("gets another panel when the first comes to no verdict in its time", () => {
    const { chain, panel, beat, status } = disputed(6);
    const lapsed: boolean[] = [];
    for (let i = 0; i < 44; i++) {
      if (i % 4 === 0) beat();
      else chain.block();
      lapsed.push(chain.events("PanelLapsed").length > 0);
    }
    expect(lapsed).toContain(true);
    expect(status()).toBe("Disputed");
    expect(panel()).toHaveLength(5);
  });

  test("is void when the keys are named anew, and so is its panel", () => {
    const { chain, status, workers, panel } = disputed();
    const { platformId } = workers[0];
    const sent = chain.sudo(chain.runtime.tx.PhaAttestation.deny_platform({ platformId }));
    expect(names(sent)).toContain("PanelVoided");
    expect(panel()).toEqual([]);
    expect(status()).toBe("Late");
    expect(workers.map((boot) => bondOf(chain, boot))).toEqual([BOND, BOND, BOND]);
    const { Endorsed } = chain.runtime.env(chain.overlay).of(PhaAttestation).storage;
    expect(Endorsed.has(platformId)).toBe(false);
  });
});

describe("a member of a panel", () => {
  test("is asked about one block from one root, and about nothing else", () => {
    const { chain, keys, panel, step, vote } = disputed();
    const [member] = panel();
    if (member === undefined) throw new Error("somebody was drawn");
    const other = testStep(chain, keys.vetKey, step().block, step("version 1").newRoot);
    expect(rejection(chain, vote(member, other))).toBe("NotAsked");
    const later = testStep(chain, keys.vetKey, chain.head(), step().previousRoot);
    chain.block();
    expect(rejection(chain, vote(member, later))).toBe("NotAsked");
    expect(rejection(chain, chain.send(clusterKeysCall(chain, member, keys.keys)))).toBe(
      "NotAssigned",
    );
    vote(member, step("honest"));
    expect(names(vote(member, step("version 1")))).toContain("Equivocated");
  });

  test("is of another vendor than the rest where there is one", () => {
    for (const line of ["simulated", "intel-tdx"] as const) {
      const made = withSpares(9);
      const { Grades } = made.chain.runtime.env(made.chain.overlay).of(PhalaRegistry).storage;
      const odd = made.spares[8]?.identity.publicKey ?? new Uint8Array(32);
      const grade = Grades.get(odd);
      if (grade) Grades.put(odd, { ...grade, line });
      for (const [i, boot] of made.workers.entries()) made.vote(boot, made.step(`version ${i}`));
      const isIn = made.panel().some(({ identity }) => equalBytes(identity.publicKey, odd));
      expect(made.panel()).toHaveLength(5);
      if (line === "intel-tdx") expect(isIn).toBe(true);
    }
  });
});

describe("a vote against a final root", () => {
  function dissenting() {
    const made = withSpares(6);
    const { workers, step, vote } = made;
    vote(workers[2], step("off by one"));
    vote(workers[0], step());
    const sent = vote(workers[1], step());
    return { ...made, sent };
  }

  test("has a panel drawn while the cluster serves; its verdict costs the dissenter", () => {
    const { chain, sent, workers, panel, step, vote } = dissenting();
    expect(names(sent)).toEqual(
      expect.arrayContaining(["RootFinal", "Dissented", "PanelConvened"]),
    );
    expect(recordOf(chain).status.type).toBe("Live");
    expect(bondOf(chain, workers[2])).toBe(BOND);
    for (const boot of panel().slice(0, 4)) vote(boot, step(), false);
    expect(bondOf(chain, workers[2])).toBe((BOND * 4n) / 5n);
    expect(recordOf(chain)).toMatchObject({ panel: undefined, replicas: { length: 2 } });
    chain.block();
    expect(recordOf(chain).replicas).toHaveLength(3);
  });

  test("that the panel finds right halts the cluster, and the majority pays", () => {
    const { chain, workers, panel, step, vote } = dissenting();
    const sent = panel()
      .slice(0, 4)
      .map((boot) => vote(boot, step("off by one"), false));
    expect(sent.flatMap(names)).toEqual(
      expect.arrayContaining(["PanelVerdict", "FinalContradicted", "Slashed"]),
    );
    expect(recordOf(chain).status.type).toBe("Halted");
    expect(workers.map((boot) => bondOf(chain, boot))).toEqual([
      (BOND * 4n) / 5n,
      (BOND * 4n) / 5n,
      BOND,
    ]);
  });

  test("that comes late is judged too", () => {
    const { chain, workers, step, vote } = withSpares(6);
    vote(workers[0], step());
    vote(workers[1], step());
    expect(names(vote(workers[2], step("off by one")))).toContain("PanelConvened");
    expect(storageOf(chain).Cases.get(CLUSTER)).toMatchObject({ kind: { type: "Dissent" } });
  });
});

describe("an audit", () => {
  /** Lets roots become final until one is audited. */
  function audited() {
    const made = withSpares(6);
    const { chain, workers, keys, vote, beat } = made;
    let step = made.step();
    for (let i = 0; i < 400; i++) {
      if (i % 4 === 0) beat();
      vote(workers[0], step);
      vote(workers[1], step, false);
      if (recordOf(chain).panel !== undefined) return { ...made, audit: step };
      const block = chain.head();
      chain.block();
      step = testStep(chain, keys.vetKey, block, step.newRoot);
    }
    throw new Error("no root was audited");
  }

  test("comes by chance, is made by one worker that is no replica, and agrees", () => {
    const { chain, audit, panel, vote } = audited();
    const [auditor] = panel();
    if (auditor === undefined) throw new Error("one was drawn");
    expect(panel()).toHaveLength(1);
    expect(storageOf(chain).Cases.get(CLUSTER)).toMatchObject({
      kind: { type: "Audit" },
      block: audit.block.number,
    });
    const sent = vote(auditor, audit, false);
    expect(sent.events.find(({ name }) => name === "Audited")?.fields["agrees"]).toBe(true);
    expect(recordOf(chain)).toMatchObject({ panel: undefined, epoch: 1n });
  });

  test("that differs is noted and has a panel drawn, which judges the auditor as well", () => {
    const { chain, audit, panel, keys, vote } = audited();
    const [auditor] = panel();
    if (auditor === undefined) throw new Error("one was drawn");
    const wrong = testStep(chain, keys.vetKey, audit.block, audit.previousRoot, "other");
    const sent = vote(auditor, wrong, false);
    expect(names(sent)).toEqual(expect.arrayContaining(["Audited", "PanelConvened"]));
    expect(storageOf(chain).EvidenceAt.get(0)?.kind.type).toBe("AuditDiffers");
    for (const boot of panel().slice(0, 4)) vote(boot, audit, false);
    const { Suspended } = chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
    expect(Suspended.get(auditor.identity.publicKey)?.reason.type).toBe("Judged");
    expect(recordOf(chain).status.type).toBe("Live");
  });
});
