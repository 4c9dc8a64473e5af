/** The chain of trust of a contract, verified in this page. */
import type { Client, TrustReport } from "@pha/sdk";

export interface TrustReading {
  readonly report: TrustReport;
  /** Finalized block under which everything was proven. */
  readonly block: number;
  /** Unix milliseconds. */
  readonly verifiedAt: number;
}

export async function readTrust(client: Client, contract: Uint8Array): Promise<TrustReading> {
  const report = await client.verify(contract);
  const block = Number(
    report.verdicts.find(({ link }) => link === "finality")?.facts["block"] ?? 0,
  );
  return { report, block, verifiedAt: Date.now() };
}
