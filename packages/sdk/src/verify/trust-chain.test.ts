import { STORAGE } from "@pha/protocol";
import { encode } from "@pha/scale";
import { expect, test } from "vitest";
import { openChain } from "../chain/chain.ts";
import {
  CONTRACT,
  clusterRecord,
  evidenceEntry,
  fakeChain,
  filled,
  MEASUREMENT,
  pairsOf,
  sealingKeyEntry,
  type TrustedState,
  trustedState,
} from "../testing/fake-chain.ts";
import { verifyContract } from "./trust-chain.ts";

async function report(change: Partial<TrustedState> = {}) {
  const chain = await openChain(fakeChain(pairsOf({ ...trustedState(), ...change })).rpc);
  return verifyContract(chain, CONTRACT);
}

test("a contract whose every link holds is trusted, and said to be simulated", async () => {
  const { ok, simulated, verdicts } = await report();
  expect({ ok, simulated }).toEqual({ ok: true, simulated: true });
  expect(verdicts.map(({ link }) => link)).toEqual([
    "genesis",
    "finality",
    "contract",
    "cluster",
    "replica/registered",
    "replica/evidence",
    "replica/measurement",
    "root-key",
    "sealing-key",
    "state-root",
  ]);
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

const [clusterKey] = trustedState().cluster ?? [filled(0)];
const [rootKey] = trustedState().simulatedRoot ?? [filled(0)];

test.each<readonly [link: string, says: string, change: Partial<TrustedState>]>([
  ["contract", "no such contract", { contract: undefined }],
  ["cluster", "halted", { cluster: [clusterKey, clusterRecord({ status: "Halted" })] }],
  ["replica/registered", "no registration", { boot: undefined }],
  ["replica/registered", "no registration", { evidence: undefined }],
  [
    "replica/registered",
    "displaced",
    { cluster: [clusterKey, clusterRecord({ boot: filled(99) })] },
  ],
  ["replica/evidence", "evidence/unknown-kind", { simulatedRoot: undefined }],
  ["replica/evidence", "evidence/bad-signature", { simulatedRoot: [rootKey, filled(99)] }],
  ["replica/evidence", "SIMULATED", { evidence: evidenceEntry({ debug: true }) }],
  ["replica/measurement", "not allowed", { measurement: undefined }],
  [
    "replica/measurement",
    "not allowed",
    { measurement: [STORAGE.measurement.key(MEASUREMENT), encode(STORAGE.measurement.value, 50)] },
  ],
  ["root-key", "No root key", { generation: undefined }],
  ["sealing-key", "no sealing key", { sealingKey: undefined }],
  ["sealing-key", "majority", { sealingKey: sealingKeyEntry({ signers: 0 }) }],
  ["state-root", "No state root", { root: undefined }],
])("a broken link is named: %s, because %s", async (link, says, change) => {
  const { ok, verdicts } = await report(change);
  expect(ok).toBe(false);
  expect(verdicts.find((one) => !one.ok)).toMatchObject({
    link,
    says: expect.stringContaining(says),
  });
});
