import { ENVELOPES, type RealKind, TEST_ROOTS } from "@pha/attestation/testing";
import { challengeReportData, registrationReportData } from "@pha/protocol";
import { describe, expect, test } from "vitest";
import { openChain } from "../chain/chain.ts";
import type { Client } from "../client.ts";
import type { WorkerClient } from "../contracts/worker-client.ts";
import { fakeChain, filled } from "../testing/fake-chain.ts";
import { NOW_MS, VENDOR_KINDS, vendorState } from "../testing/vendor-state.ts";
import { challengeWorker } from "./verify-challenge.ts";

type Answer = (nonce: Uint8Array, reportData: Uint8Array) => Uint8Array;

/** A client of a chain with one worker of the kind, whose host answers challenges like this. */
async function challenged(kind: RealKind, answer?: Answer, isHere = true) {
  const { entries, workers } = vendorState([kind]);
  const [worker] = workers;
  if (worker === undefined) throw new Error("there is one");
  const { registration } = worker;
  const { identity, boot, bootEncryption } = registration;
  const host: Partial<WorkerClient> = {
    url: "http://host",
    info: () =>
      isHere
        ? Promise.resolve([{ identity, boot, bootEncryption, role: "", provider: "", name: "" }])
        : Promise.reject(new Error("down")),
    challenge: async (asked, nonce) => {
      expect(asked).toEqual(boot);
      const reportData = challengeReportData(registration, nonce);
      return answer ? answer(nonce, reportData) : ENVELOPES[kind](reportData, NOW_MS);
    },
  };
  const chain = await openChain(fakeChain([...entries.values()]).rpc);
  // What a challenge uses of a client.
  const client = { chain, workers: [host] } as unknown as Client;
  return { client, worker, input: { identity, roots: TEST_ROOTS } };
}

describe.each(VENDOR_KINDS)("%s", (kind) => {
  test("answers a nonce of the client, and is verified in the client", async () => {
    const { client, input } = await challenged(kind);
    const { ok, broken, verdicts } = await challengeWorker(client, input);
    expect({ ok, broken }).toEqual({ ok: true, broken: undefined });
    expect(verdicts.map(({ link }) => link)).toContain("challenge/genuine");
  });

  test("does not by evidence of another time, of another nonce, or of its registration", async () => {
    const { client: first, worker, input } = await challenged(kind);
    const old = ENVELOPES[kind](challengeReportData(worker.registration, filled(1)), NOW_MS);
    expect((await challengeWorker(first, { ...input, nonce: filled(1) })).ok).toBe(true);
    for (const evidence of [old, worker.evidence]) {
      const { client } = await challenged(kind, () => evidence);
      const { broken } = await challengeWorker(client, input);
      expect(broken).toMatchObject({
        link: "challenge/genuine",
        facts: { code: "evidence/other-report-data" },
      });
    }
    // The attack that the byte behind the domain ends: the registration's block hash as a nonce.
    const { client } = await challenged(kind, () => worker.evidence);
    const nonce = registrationReportData(worker.registration).slice(32);
    const { broken } = await challengeWorker(client, { ...input, nonce });
    expect(broken?.facts["code"]).toBe("evidence/other-report-data");
  });
});

test("nobody is challenged where no host runs the boot", async () => {
  const { client, input } = await challenged("AwsNitro", undefined, false);
  await expect(challengeWorker(client, input)).rejects.toMatchObject({
    code: "worker/none-reachable",
  });
});

test("an identity that the chain does not know is not challenged", async () => {
  const { client, input } = await challenged("AwsNitro");
  const { broken } = await challengeWorker(client, { ...input, identity: filled(1) });
  expect(broken?.link).toBe("worker/registered");
});
