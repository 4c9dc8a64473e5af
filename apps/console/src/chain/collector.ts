/**
 * What a collector says of itself, and the one of the devnet that serves this page.
 *
 * **Bounds**: fields of another form count as not said. **Trust**: it is the collector's own word.
 */
import { PhaError } from "@pha/scale";
import { isAddress } from "./networks.ts";

export interface CollectorReading {
  /** Address of the account that brings visits. */
  readonly account: string;
  /** Contract id in hex. */
  readonly site: string;
  readonly standing: CollectorStanding;
  readonly waiting: number;
  readonly brought: number;
  readonly refused: number;
  readonly dropped: number;
  readonly problem: string | undefined;
}

export const STANDINGS = ["idle", "bringing", "not-appointed", "unreachable"] as const;
export type CollectorStanding = (typeof STANDINGS)[number];

/** As `/pha.json` has them. */
export interface ServedAnalytics {
  /** Contract id in hex. */
  readonly site: string;
  readonly collector: string;
  /** A sample site whose visits it takes. */
  readonly page: string;
}

const TIMEOUT_MS = 5_000;

/** `undefined` where no devnet serves this page, or it has no collector. */
export async function servedAnalytics(): Promise<ServedAnalytics | undefined> {
  try {
    const response = await fetch("/pha.json", { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return servedOf(await response.json());
  } catch {
    // Not a server of ours, or it is gone.
    return undefined;
  }
}

export function servedOf(json: unknown): ServedAnalytics | undefined {
  const { site, collector, page } = fields(fields(json)["analytics"]);
  const isSite = typeof site === "string" && /^0x[0-9a-f]{64}$/.test(site);
  return isSite && isAddress(collector, /^https?:$/) && isAddress(page, /^https?:$/)
    ? { site, collector, page }
    : undefined;
}

export async function readCollector(url: string): Promise<CollectorReading> {
  const refused = (cause?: unknown): PhaError =>
    new PhaError("collector/unreachable", "no collector answers at this address", {
      facts: { url },
      hint: "Look whether it runs, and whether it was started with --origin of this console.",
      cause,
    });
  let json: unknown;
  try {
    const address = `${url.replace(/\/+$/, "")}/v1/site`;
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    json = await response.json();
  } catch (cause) {
    throw refused(cause);
  }
  const reading = collectorOf(json);
  if (reading === undefined) throw refused();
  return reading;
}

export function collectorOf(json: unknown): CollectorReading | undefined {
  const { account, site, standing, problem, ...counts } = fields(json);
  const known = STANDINGS.find((one) => one === standing);
  if (typeof account !== "string" || account.length > 64 || known === undefined) return undefined;
  if (typeof site !== "string" || !/^0x[0-9a-f]{64}$/.test(site)) return undefined;
  const count = (name: string): number => {
    const value = counts[name];
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
  };
  return {
    account,
    site,
    standing: known,
    waiting: count("waiting"),
    brought: count("brought"),
    refused: count("refused"),
    dropped: count("dropped"),
    problem: typeof problem === "string" ? problem.slice(0, 80) : undefined,
  };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
