/**
 * Analytics of a devnet: a collector of visits for the sample contract, and a site that uses it.
 *
 * Both listen from the start and ask the network when somebody comes, so that the start does not wait for them.
 */
import { assert, toHex } from "@pha/scale";
import { type Client, getContract, signerFromUri } from "@pha/sdk";
import { startCollector, trackerFiles, visitKey } from "../collector/collector.ts";
import type { BuiltContract } from "../program/built-contracts.ts";
import { listen } from "./console-server.ts";
import { type SiteServer, startSiteServer } from "./site-server.ts";

/** As `/pha.json` says them to the console. */
export interface AnalyticsAddresses {
  /** Contract id in hex. */
  readonly site: string;
  readonly collector: string;
  /** Of the sample site. */
  readonly page: string;
}

export interface DevnetAnalytics {
  readonly addresses: AnalyticsAddresses;
  stop(): Promise<void>;
}

export interface DevnetAnalyticsOptions {
  readonly client: Client;
  readonly contracts: readonly BuiltContract[];
  readonly dist: string;
  readonly collectorPort: number;
  readonly sitePort: number;
  /** Of the console, which shows how the collector stands. */
  readonly consoleUrl: string | undefined;
}

/** Funded by the development genesis. */
const COLLECTOR = "//Collector";

/** Nothing where the build has neither contract nor site. */
export async function startAnalytics(
  options: DevnetAnalyticsOptions,
): Promise<DevnetAnalytics | undefined> {
  const { client, dist, consoleUrl } = options;
  const contract = options.contracts.find(({ name }) => name === "analytics");
  const files = await trackerFiles(dist);
  if (contract === undefined || files === undefined) return undefined;
  const handle = getContract(client, contract);
  const signer = signerFromUri(COLLECTOR);
  assert(signer.ok, "the collector's URI is one");
  let site: SiteServer | undefined;
  const collector = await startCollector({
    client,
    contract: () => Promise.resolve(handle),
    site: contract.address,
    signer: signer.value,
    listen: (server) => listen(server, options.collectorPort),
    origins: () => [site?.url, consoleUrl].filter((one) => one !== undefined),
    files,
  });
  const url = `http://127.0.0.1:${collector.port}`;
  site = await startSiteServer({
    dist,
    port: options.sitePort,
    site: toHex(contract.address),
    collector: url,
    key: () => visitKey(handle),
  }).catch(async (error: unknown) => {
    await collector.stop();
    throw error;
  });
  if (site === undefined) {
    await collector.stop();
    return undefined;
  }
  const { url: page, stop } = site;
  return {
    addresses: { site: toHex(contract.address), collector: url, page },
    async stop() {
      await Promise.all([collector.stop(), stop()]);
    },
  };
}
