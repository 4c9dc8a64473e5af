/** The chain of trust of a contract, verified in this page, and which replicas are in reach. */
import { toHex } from "@pha/scale";
import type { Client, TrustReport } from "@pha/sdk";
import { type Problem, problemOf } from "../problem.ts";

export interface TrustedReplica {
  readonly name: string;
  readonly url: string;
  readonly provider: string;
  /** In hex. */
  readonly boot: string;
}

export interface TrustReading {
  readonly report: TrustReport;
  /** Finalized block under which everything was proven. */
  readonly block: number;
  /** Unix milliseconds. */
  readonly verifiedAt: number;
  readonly replicas: readonly TrustedReplica[];
  /** Why no replica is in reach. */
  readonly unreachable: Problem | undefined;
}

export async function readTrust(client: Client, contract: Uint8Array): Promise<TrustReading> {
  const report = await client.verify(contract);
  const block = Number(
    report.verdicts.find(({ link }) => link === "finality")?.facts["block"] ?? 0,
  );
  let replicas: readonly TrustedReplica[] = [];
  let unreachable: Problem | undefined;
  try {
    const found = await client.replicasOf(contract, await client.clusterOf(contract));
    replicas = found.map(({ worker, boot }) => ({
      name: boot.name,
      url: worker.url,
      provider: boot.provider,
      boot: toHex(boot.boot),
    }));
  } catch (error) {
    // Everything else stays verified: the strip says that nobody answers.
    unreachable = problemOf(error);
  }
  return { report, block, verifiedAt: Date.now(), replicas: unique(replicas), unreachable };
}

/** A devnet names one host once for each of its workers. */
function unique(replicas: readonly TrustedReplica[]): readonly TrustedReplica[] {
  return [...new Map(replicas.map((one) => [one.boot, one])).values()];
}
