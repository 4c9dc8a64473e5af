/**
 * A worker that is asked for evidence now: over a nonce of this program, verified here, and compared with its
 * registration. It shows that the boot runs at this moment on the platform that the chain knows.
 */
import { randomBytes } from "@pha/crypto";
import { challengeReportData, STORAGE } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import type { Client } from "../client.ts";
import type { WorkerClient } from "../contracts/worker-client.ts";
import { networkLinks, openTrust, type TrustOptions } from "./chain-links.ts";
import { branch, leaf, reportOf, type TrustReport } from "./trust-tree.ts";
import { evidenceParts } from "./verify-evidence.ts";
import { workerLinks } from "./worker-links.ts";

/** Which worker is challenged. */
export interface ChallengeInput extends TrustOptions {
  /** Of the worker, 32 bytes. */
  readonly identity: Uint8Array;
  /** 32 bytes that nobody could know before; by default drawn here. */
  readonly nonce?: Uint8Array;
}

const LINK = "challenge";

/**
 * Has a worker make evidence now, over a nonce, and verifies it.
 *
 * @throws PhaError `worker/none-reachable`, and those of the host
 */
export async function challengeWorker(client: Client, input: ChallengeInput): Promise<TrustReport> {
  const { identity, nonce = randomBytes(32) } = input;
  const trust = await openTrust(client.chain, input);
  const record = await trust.read({
    key: STORAGE.boot.key(identity),
    value: STORAGE.boot.value,
  });
  const { node } = await workerLinks(trust, "worker", identity);
  const parts = [networkLinks(trust), node];
  if (record !== undefined) {
    const { registration } = record;
    const worker = await hostOf(client, registration.boot);
    const began = performance.now();
    const evidence = await worker.challenge(registration.boot, nonce);
    const tookMs = Math.round(performance.now() - began);
    const expectedReportData = challengeReportData(registration, nonce);
    parts.push(
      branch(LINK, "Evidence that the boot made when this program asked.", [
        leaf(`${LINK}/answered`, true, "The host brought an answer.", {
          nonce: toHex(nonce),
          host: worker.url,
          tookMs,
        }),
        ...(await evidenceParts(trust, LINK, evidence, expectedReportData)),
      ]),
    );
  }
  return reportOf(
    branch("trust", "From the genesis hash to a boot that runs now.", parts, {
      worker: toHex(identity),
    }),
  );
}

/** The host in reach that says it runs the boot: whether it does, the evidence shows. */
async function hostOf({ workers }: Client, boot: Uint8Array): Promise<WorkerClient> {
  const wanted = toHex(boot);
  for (const worker of workers) {
    const boots = await worker.info().catch(() => []);
    if (boots.some((one) => toHex(one.boot) === wanted)) return worker;
  }
  throw new PhaError("worker/none-reachable", "no host in reach runs the worker's boot", {
    facts: { boot: wanted, workers: workers.length },
    hint: "Give the URL of the worker's host.",
  });
}
