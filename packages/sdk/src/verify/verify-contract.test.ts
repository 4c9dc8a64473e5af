import { ATTESTATION_STORAGE } from "@pha/attestation";
import { TEST_ROOTS } from "@pha/attestation/testing";
import { Cluster, STORAGE } from "@pha/protocol";
import { decode, encode, toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { openChain } from "../chain/chain.ts";
import {
  CLUSTER,
  CONTRACT,
  clusterRecord,
  evidenceEntry,
  fakeChain,
  filled,
  gradeEntry,
  leaseEntry,
  MEASUREMENT,
  NOW,
  type Pair,
  pairsOf,
  policyEntry,
  REPLICA,
  sealingKeyEntry,
  type TrustedState,
  trustedState,
} from "../testing/fake-chain.ts";
import { VENDOR_KINDS, vendorState } from "../testing/vendor-state.ts";
import { verifyContract } from "./verify-contract.ts";

async function report(change: Partial<TrustedState> = {}) {
  const chain = await openChain(fakeChain(pairsOf({ ...trustedState(), ...change })).rpc);
  return verifyContract(chain, CONTRACT);
}

test("a contract whose every link holds is trusted, and said to be simulated", async () => {
  const { ok, simulated, broken, verdicts, tree } = await report();
  expect({ ok, simulated, broken }).toEqual({ ok: true, simulated: true, broken: undefined });
  expect(verdicts.map(({ link }) => link)).toEqual([
    "genesis",
    "finality",
    "contract",
    "cluster",
    "exposure",
    "audit",
    "replica/registered",
    "replica/evidence",
    "replica/measurement",
    "replica/policy",
    "replica/standing",
    "root-key",
    "sealing-key",
    "state-root",
  ]);
  expect(tree.parts.map(({ link }) => link)).toEqual([
    "network",
    "contract",
    "cluster",
    "exposure",
    "audit",
    "replicas",
    "root-key",
    "sealing-key",
    "state-root",
  ]);
});

test("who may audit the cluster is said, and so is that nobody may", async () => {
  const auditOf = async (auditKey: TrustedState["auditKey"]) =>
    (await report({ auditKey })).verdicts.find(({ link }) => link === "audit");
  expect(await auditOf(undefined)).toMatchObject({ ok: true, facts: {} });
  const key = filled(42);
  expect(await auditOf([STORAGE.auditKey.key(CLUSTER), key])).toMatchObject({
    ok: true,
    says: expect.stringContaining("AUDITED"),
    facts: { auditKey: toHex(key) },
  });
});

test("that finality was not verified is said where answers rest on leases", async () => {
  const chain = await openChain(fakeChain(pairsOf(trustedState())).rpc);
  const finalityOf = async (of: typeof chain) =>
    (await verifyContract(of, CONTRACT)).verdicts.find(({ link }) => link === "finality");
  expect(await finalityOf(chain)).toMatchObject({ facts: { verified: true } });
  const { finality } = chain;
  const alone = { head: finality.head, trusted: 0, leaseAlone: { nowMs: () => 0 } };
  expect(await finalityOf({ ...chain, finality: { ...finality, ...alone } })).toMatchObject({
    says: expect.stringContaining("NOT VERIFIED"),
    facts: { verified: false },
  });
});

test("the root's shares are said to be on disk, or in memory only, as the chain's genesis has it", async () => {
  const sharesOf = async (change: Partial<TrustedState>) =>
    (await report(change)).verdicts.find(({ link }) => link === "root-key");
  expect(await sharesOf({})).toMatchObject({ ok: true, facts: { shares: "sealed", threshold: 1 } });
  const off = encode(STORAGE.sealedShares.value, false);
  for (const sealedShares of [undefined, [STORAGE.sealedShares.key, off] as const])
    expect(await sharesOf({ sealedShares })).toMatchObject({
      ok: true,
      says: expect.stringContaining("in memory only"),
      facts: { shares: "memory" },
    });
});

test("a lease that ran out is said, and is no break: other replicas may serve", async () => {
  const standing = async (change: Partial<TrustedState>) =>
    (await report(change)).verdicts.find(({ link }) => link === "replica/standing");
  expect(await standing({})).toMatchObject({ ok: true, facts: { leased: true } });
  expect(await standing({ lease: leaseEntry(NOW) })).toMatchObject({
    ok: true,
    facts: { leased: false },
  });
  expect(await standing({ lease: undefined })).toMatchObject({ facts: { leased: false } });
});

const [clusterKey] = trustedState().cluster ?? [filled(0)];
const [rootKey] = trustedState().simulatedRoot ?? [filled(0)];
const denied: Pair = [
  STORAGE.deniedPlatform.key(filled(22)),
  encode(STORAGE.deniedPlatform.value, 0),
];
const suspended: Pair = [
  STORAGE.suspended.key(REPLICA.identity),
  encode(STORAGE.suspended.value, {
    reason: { type: "Dissent", value: undefined },
    boot: REPLICA.boot,
    since: 0,
  }),
];
function classed(name: "Endorsed" | "Mixed", crossVendor = false): Pair {
  const record = decode(Cluster, clusterRecord());
  if (!record.ok) throw new Error("the record decodes");
  const changed = {
    ...record.value,
    class: { type: name, value: undefined } as const,
    crossVendor,
  };
  return [clusterKey, encode(Cluster, changed)];
}

test.each<readonly [link: string, says: string, change: Partial<TrustedState>]>([
  ["contract", "no such contract", { contract: undefined }],
  ["cluster", "halted", { cluster: [clusterKey, clusterRecord({ status: "Halted" })] }],
  ["exposure", "where they stand", { cluster: classed("Endorsed") }],
  ["exposure", "where they stand", { cluster: classed("Mixed") }],
  ["replica/registered", "no registration", { boot: undefined }],
  ["replica/registered", "no registration", { evidence: undefined }],
  [
    "replica/registered",
    "displaced",
    { cluster: [clusterKey, clusterRecord({ boot: filled(99) })] },
  ],
  ["replica/evidence", "evidence/unknown-kind", { simulatedRoot: undefined }],
  ["replica/policy", "no policy", { policy: undefined }],
  ["replica/evidence", "evidence/bad-signature", { simulatedRoot: [rootKey, filled(99)] }],
  ["replica/evidence", "SIMULATED", { evidence: evidenceEntry({ debug: true }) }],
  ["replica/measurement", "not allowed", { measurement: undefined }],
  [
    "replica/measurement",
    "not allowed",
    { measurement: [STORAGE.measurement.key(MEASUREMENT), encode(STORAGE.measurement.value, 50)] },
  ],
  ["replica/policy", "graded no evidence", { grade: undefined }],
  ["replica/policy", "platform-denied", { sealedShares: denied }],
  ["replica/policy", "unsigned", { policy: policyEntry({ signed: true }) }],
  ["replica/policy", "block-too-old", { grade: gradeEntry({ blockAge: 65 }) }],
  ["replica/policy", "refresh-due", { grade: gradeEntry({ shownAtMs: NOW - 86_400_001n }) }],
  ["replica/standing", "Dissent", { sealedShares: suspended }],
  ["root-key", "No root key", { generation: undefined }],
  ["sealing-key", "no sealing key", { sealingKey: undefined }],
  ["sealing-key", "majority", { sealingKey: sealingKeyEntry({ signers: 0 }) }],
  ["state-root", "No state root", { root: undefined }],
])("a broken link is named: %s, because %s", async (link, says, change) => {
  const { ok, broken } = await report(change);
  expect(ok).toBe(false);
  expect(broken).toMatchObject({ link, says: expect.stringContaining(says) });
});

describe("a contract on platforms of every real vendor", () => {
  async function real(change: Readonly<Record<string, Pair>> = {}) {
    const { entries } = vendorState();
    const state = [...new Map([...entries, ...Object.entries(change)]).values()];
    const chain = await openChain(fakeChain(state).rpc);
    return verifyContract(chain, CONTRACT, { roots: TEST_ROOTS });
  }

  test("is trusted, with the facts of each, and none is simulated", async () => {
    const { ok, broken, simulated, verdicts } = await real();
    expect({ ok, broken, simulated }).toEqual({ ok: true, broken: undefined, simulated: false });
    const evidence = verdicts.filter(({ link }) => link === "replica/evidence");
    expect(evidence.map(({ facts }) => facts["vendor"])).toEqual([
      "intel",
      "intel",
      "amd",
      "aws",
      "arm",
      "google",
      "microsoft",
      "microsoft",
    ]);
    expect(evidence.every(({ facts }) => facts["debug"] === false)).toBe(true);
    expect(verdicts.find(({ link }) => link === "exposure")?.facts).toMatchObject({
      replicas: VENDOR_KINDS.length,
      operators: VENDOR_KINDS.length,
      // Azure's machines hang on AMD's keys and on Intel's.
      vendors: 5,
      endorsed: 0,
    });
  });

  test("of class endorsed needs proof of every machine's place", async () => {
    const { entries, workers } = vendorState();
    const record = decode(Cluster, entries.get("cluster")?.[1] ?? filled(0));
    if (!record.ok) throw new Error("the record decodes");
    const cluster: Pair = [
      STORAGE.cluster.key(CLUSTER),
      encode(Cluster, { ...record.value, class: { type: "Endorsed", value: undefined } }),
    ];
    const { endorsed } = ATTESTATION_STORAGE;
    const places = workers.map(({ kind, result }) => {
      const pair: Pair = [endorsed.key(result.platformId), encode(endorsed.value, 0)];
      return [`place ${kind}`, pair] as const;
    });
    expect((await real({ cluster })).broken?.link).toBe("exposure");
    // Test machines of one maker stand on the same chip.
    const allBut = places.filter(([name]) => name !== "place AwsNitro");
    expect((await real({ cluster, ...Object.fromEntries(allBut) })).broken?.link).toBe("exposure");
    expect((await real({ cluster, ...Object.fromEntries(places) })).ok).toBe(true);
  });
});
