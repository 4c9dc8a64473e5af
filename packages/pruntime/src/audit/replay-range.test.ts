import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blake2b256, x25519PublicKey } from "@pha/crypto";
import { utf8 } from "@pha/scale";
import { afterAll, expect, test } from "vitest";
import { liveNetwork } from "../testing/live-network.ts";
import { CLUSTER } from "../testing/scripted-cluster.ts";
import { type AuditJob, replayRange } from "./replay-range.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-replay-"));
afterAll(() => rmSync(folder, { recursive: true }));
const SECRET = blake2b256(utf8("auditor"));

/** The first step of a cluster without contracts asks the engine nothing; the one with them does. */
function job(contracts: number, program: string): AuditJob {
  const engineProgram = join(folder, "engine.mjs");
  writeFileSync(engineProgram, program);
  const { pallets, chain } = liveNetwork({
    auditKey: x25519PublicKey(SECRET),
    contracts,
    workers: 1,
  });
  return {
    genesisHash: chain.genesisHash,
    cluster: CLUSTER,
    record: pallets.cluster,
    contracts: pallets.contracts.map((id) => ({
      id,
      record: {
        cluster: CLUSTER,
        codeHash: id,
        owner: new Uint8Array(32).fill(0x0e),
        createdAt: 0,
        open: true,
      },
      code: utf8("none"),
    })),
    openings: pallets.openings,
    auditSecret: SECRET,
    start: undefined,
    before: [],
    range: pallets.steps.map((step) => ({ step, blob: undefined })),
    engineProgram,
    blocksFrom: async () => ({ headers: [], proofs: [] }),
  };
}

test("an engine that ends beside its work is told by code", async () => {
  await expect(replayRange(job(1, "process.exit(1);"))).rejects.toMatchObject({
    code: "audit/engine-ended",
  });
});

test("another key is refused before anything runs", async () => {
  const wrong = { ...job(1, "process.exit(1);"), auditSecret: blake2b256(SECRET) };
  expect(await replayRange(wrong)).toEqual({ ok: false, error: { code: "audit/wrong-key" } });
});
