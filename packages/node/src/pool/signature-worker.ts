/** The thread behind `SignatureQueue`: batches of signatures in, verdicts out. */
import type { MessagePort } from "node:worker_threads";
import { verifySignature } from "@pha/frame";
import type { SignatureJob } from "./signature-queue.ts";

export function serveSignatures(port: MessagePort): void {
  port.on("message", (jobs: readonly SignatureJob[]) => {
    port.postMessage(
      jobs.map(({ signature, payload, signer }) => verifySignature(signature, payload, signer)),
    );
  });
}
