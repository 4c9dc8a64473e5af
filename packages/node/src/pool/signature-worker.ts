/** The thread behind `SignatureQueue`: batches of signatures and claims in, verdicts out. */
import type { MessagePort } from "node:worker_threads";
import { type SignedMessage, sr25519VerifyMany, vrfVerifyBabe } from "@pha/crypto";
import { verifySignature } from "@pha/frame";
import { decodeJobs, type VerificationJob } from "./verification-job.ts";

/** The first message: batches are worked on from here on. */
export const READY = "ready";

export function serveSignatures(port: MessagePort): void {
  port.on("message", (jobs: Uint8Array) =>
    port.postMessage(Uint8Array.from(verdictsOf(decodeJobs(jobs)), Number)),
  );
  port.postMessage(READY);
}

/** One for each, in their order; signatures of the common scheme cost less together. */
function verdictsOf(jobs: readonly VerificationJob[]): readonly boolean[] {
  const together = jobs.flatMap((job) => signedMessage(job) ?? []);
  const verdicts = sr25519VerifyMany(together)[Symbol.iterator]();
  return jobs.map((job) => {
    if ("author" in job) return vrfVerifyBabe(job.author, job.input, job.output);
    if (job.signature.type === "Sr25519") return verdicts.next().value === true;
    return verifySignature(job.signature, job.payload, job.signer);
  });
}

function signedMessage(job: VerificationJob): SignedMessage | undefined {
  if ("author" in job || job.signature.type !== "Sr25519") return undefined;
  return { publicKey: job.signer, message: job.payload, signature: job.signature.value };
}
