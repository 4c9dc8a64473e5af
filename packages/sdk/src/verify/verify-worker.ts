/** Whether a worker is what it says: its identity's registration, evidence, program and standing. */
import { toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import { networkLinks, openTrust, type TrustOptions } from "./chain-links.ts";
import { branch, reportOf, type TrustReport } from "./trust-tree.ts";
import { workerLinks } from "./worker-links.ts";

/**
 * Registration, evidence, program, policy and standing of a worker.
 *
 * @param identity of the worker, 32 bytes
 */
export async function verifyWorker(
  chain: Chain,
  identity: Uint8Array,
  options: TrustOptions = {},
): Promise<TrustReport> {
  const trust = await openTrust(chain, options);
  const { node } = await workerLinks(trust, "worker", identity);
  return reportOf(
    branch("trust", "From the genesis hash to the worker.", [networkLinks(trust), node], {
      worker: toHex(identity),
    }),
  );
}
