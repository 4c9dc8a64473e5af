/** Two development chains in one process: the second syncs from the first, through the bytes of the wire. */
import { answerRequest } from "@pha/network";
import { fail } from "@pha/scale";
import { startBlockSync } from "../network/block-sync.ts";
import { servedChain } from "../network/served-chain.ts";
import { SILENT } from "../node-log.ts";
import type { SignatureQueue } from "../pool/signature-queue.ts";
import { type DevChain, SLOT_MS } from "./dev-chain.ts";

export interface SyncPairOptions {
  /** Unix time of the follower in ms. */
  readonly nowMs: number;
  /** The one whose `verify` the follower's runtime was made with. */
  readonly signatures?: SignatureQueue;
}

/** @throws Error when the source is reported, or the chains differ in the end */
export async function syncFrom(
  source: DevChain,
  follower: DevChain,
  { nowMs, signatures }: SyncPairOptions,
): Promise<void> {
  const served = servedChain(source.chain);
  const reports: string[] = [];
  const sync = startBlockSync({
    chain: follower.chain,
    authoritySet: () => follower.database.authoritySet(),
    log: SILENT,
    slotDurationMs: SLOT_MS,
    ready: () => follower.store.ready(),
    verifyAhead:
      signatures &&
      (({ header, body }) => signatures.prepare(() => follower.chain.askSignatures(header, body))),
    ask: (_peer, request) => {
      const answer = answerRequest(served, "sync", request);
      return Promise.resolve(answer.ok ? answer : fail({ code: "request/refused" as const }));
    },
    report: (_peer, code) => reports.push(code),
    importJustification: (justification) => follower.grandpa.importJustification(justification),
    onFailure: (error) => {
      throw error;
    },
    clock: () => nowMs,
  });
  const { hash, number } = source.chain.best;
  sync.heard("source", { hash, number });
  await sync.idle();
  await sync.stop();
  if (reports.length > 0 || follower.chain.best.number !== number)
    throw new Error(`synced ${follower.chain.best.number} of ${number} blocks: ${reports.join()}`);
}
