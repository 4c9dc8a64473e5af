/**
 * A site whose visits an analytics contract counts: what its owner reads, what a visitor has, and the commands of both.
 *
 * The entries are ours, by name and type, whatever ABI the chain has: a contract that merely has the same name gives
 * `contract/other-abi`. **Bounds**: `MOST_PAGES` of names, `MOST_OWN` visits, `MOST_LOG_VISITS` of a log.
 */
import {
  Cursor,
  LISTED_VISITS,
  type LoggedVisit,
  LoggedVisits,
  MAX_TOP,
  OwnVisit,
  parseLogLine,
  RowPage,
  SiteReport,
  visitOf,
} from "@pha/contract-analytics/client";
import { fixedBytes, option, PhaError, struct, toHex, u8, u32, unit, vec } from "@pha/scale";
import {
  type Client,
  type EntryCodec,
  getContract,
  parseAddress,
  type QueryResult,
  type Signer,
} from "@pha/sdk";
import { instantiateContract } from "@pha/sdk/deploy";
import type { Account } from "../accounts.ts";
import type { ReadContract } from "./contracts.ts";
import { ensureSession } from "./sessions.ts";

const nothing = struct({});
const top = { kind: "query", args: struct({ after: option(Cursor), most: u8 }), returns: RowPage };

const ENTRY_CODECS = {
  site: { kind: "query", args: nothing, returns: SiteReport },
  sitePaths: top,
  siteReferrers: top,
  siteAgents: top,
  siteEvents: top,
  visitKey: { kind: "query", args: nothing, returns: fixedBytes(32) },
  myVisits: { kind: "query", args: struct({ from: u32 }), returns: vec(OwnVisit, LISTED_VISITS) },
  appoint: { kind: "command", args: struct({ collector: option(fixedBytes(32)) }), returns: unit },
  forgetVisits: { kind: "command", args: struct({ from: u32, most: u32 }), returns: u32 },
  countLog: { kind: "command", args: struct({ visits: LoggedVisits }), returns: u32 },
};
// Codecs are invariant in their value; here each is used by its name alone.
const ENTRIES = ENTRY_CODECS as unknown as Readonly<Record<string, EntryCodec>>;

export interface SiteReading {
  readonly report: SiteReport;
  readonly blockNumber: number;
  readonly stateBlock: number;
}

export interface RowList {
  readonly rows: readonly { readonly name: string; readonly views: number }[];
  /** Names of fewer visitors than are shown. */
  readonly hidden: number;
  /** There are more names than were looked at. */
  readonly isPartial: boolean;
}

export type RowKind = "sitePaths" | "siteReferrers" | "siteAgents" | "siteEvents";
export type SiteRows = Readonly<Record<RowKind, RowList>>;

const MOST_PAGES = 6;
const MOST_OWN = 512;
/** Visits of a log that one upload takes, and characters of its text. */
export const MOST_LOG_VISITS = 20_000;
const COUNT_FUEL = 268_435_456n;
const AT_ONCE = 8;
const PER_COMMAND = 32;

function handleOf(client: Client, contract: Uint8Array) {
  return getContract(client, { address: contract, entries: ENTRIES });
}

/** @throws PhaError `account/reads-only` */
function signerOf({ signer, address }: Account): Signer {
  if (signer !== undefined) return signer;
  throw new PhaError("account/reads-only", "an Ethereum address reads, and sends no commands", {
    facts: { address },
    hint: "Act as an account of a Substrate wallet.",
  });
}

async function ask(
  client: Client,
  contract: Uint8Array,
  account: Account | undefined,
  purpose: string,
  name: string,
  args: unknown,
): Promise<QueryResult> {
  const session = account && (await ensureSession(client, { account, contract, purpose }));
  return handleOf(client, contract).query(name, args, session && { session });
}

export async function readSite(
  client: Client,
  contract: Uint8Array,
  account: Account,
  purpose: string,
): Promise<SiteReading> {
  const { value, blockNumber, stateBlock } = await ask(
    client,
    contract,
    account,
    purpose,
    "site",
    {},
  );
  // Decoded by the codec above.
  return { report: value as SiteReport, blockNumber, stateBlock: stateBlock.number };
}

export async function readRows(
  client: Client,
  contract: Uint8Array,
  account: Account,
  purpose: string,
): Promise<SiteRows> {
  const rowsOf = async (kind: RowKind): Promise<RowList> => {
    let after: Uint8Array | undefined;
    const rows: RowList["rows"][number][] = [];
    let hidden = 0;
    for (let page = 0; page < MOST_PAGES; page++) {
      const args = { after, most: MAX_TOP };
      const { value } = await ask(client, contract, account, purpose, kind, args);
      // Decoded by the codec above.
      const found = value as RowPage;
      rows.push(...found.rows);
      hidden += found.hidden;
      after = found.next;
      if (after === undefined) break;
    }
    rows.sort((a, b) => b.views - a.views || (a.name < b.name ? -1 : 1));
    return { rows: rows.slice(0, MAX_TOP), hidden, isPartial: after !== undefined };
  };
  const [sitePaths, siteReferrers, siteAgents, siteEvents] = await Promise.all([
    rowsOf("sitePaths"),
    rowsOf("siteReferrers"),
    rowsOf("siteAgents"),
    rowsOf("siteEvents"),
  ]);
  return { sitePaths, siteReferrers, siteAgents, siteEvents };
}

/** In hex, by a verified answer. */
export async function readVisitKey(client: Client, contract: Uint8Array): Promise<string> {
  const { value } = await ask(client, contract, undefined, "", "visitKey", {});
  // Decoded by the codec above.
  return toHex(value as Uint8Array);
}

export async function readOwnVisits(
  client: Client,
  contract: Uint8Array,
  account: Account,
  purpose: string,
): Promise<readonly OwnVisit[]> {
  const found: OwnVisit[] = [];
  for (let from = 0; found.length < MOST_OWN; ) {
    const { value } = await ask(client, contract, account, purpose, "myVisits", { from });
    // Decoded by the codec above.
    const page = value as readonly OwnVisit[];
    found.push(...page);
    const last = page.at(-1);
    if (page.length < LISTED_VISITS || last === undefined) break;
    from = last.id + 1;
  }
  return found;
}

export async function appointCollector(
  client: Client,
  contract: Uint8Array,
  account: Account,
  /** An SS58 address, as a collector says it. */
  address: string,
): Promise<void> {
  const parsed = parseAddress(address);
  if (!parsed.ok)
    throw new PhaError(parsed.error.code, "the collector's account is no address", {
      facts: { account: address },
      hint: "Look what answers at the collector's address.",
    });
  const collector = parsed.value;
  await handleOf(client, contract).command(
    "appoint",
    { collector },
    { signer: signerOf(account), until: "final" },
  );
}

/** @returns how many were deleted */
export async function forgetVisits(
  client: Client,
  contract: Uint8Array,
  account: Account,
  which: { readonly from: number; readonly most: number },
): Promise<number> {
  const { value } = await handleOf(client, contract).command("forgetVisits", which, {
    signer: signerOf(account),
    until: "final",
    fuelLimit: COUNT_FUEL,
  });
  return Number(value);
}

export interface ReadLog {
  readonly visits: readonly LoggedVisit[];
  /** Lines that are none, or of errors. */
  readonly left: number;
  /** The log has more than one upload takes. */
  readonly isCut: boolean;
}

/** Visits of a log in combined format; read here, and nowhere else. */
export function readLog(text: string): ReadLog {
  const visits: LoggedVisit[] = [];
  let left = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (visits.length >= MOST_LOG_VISITS) return { visits, left, isCut: true };
    const entry = parseLogLine(line.replace(/\r$/, ""));
    const visit = entry && visitOf(entry);
    if (visit === undefined) left++;
    else visits.push(visit);
  }
  return { visits, left, isCut: false };
}

/** Seals the visits into commands of the owner, several on their way at once; the last ones are waited for until they are final. */
export async function countLog(
  client: Client,
  contract: Uint8Array,
  account: Account,
  visits: readonly LoggedVisit[],
  onCounted: (visits: number) => void,
): Promise<void> {
  const handle = handleOf(client, contract);
  let next = 0;
  let done = 0;
  const send = async (): Promise<void> => {
    for (let from = next; from < visits.length; from = next) {
      next += PER_COMMAND;
      const some = visits.slice(from, from + PER_COMMAND);
      await handle.command(
        "countLog",
        { visits: some },
        {
          signer: signerOf(account),
          fuelLimit: COUNT_FUEL,
          timeoutMs: 120_000,
          until: next >= visits.length ? "final" : "reply",
        },
      );
      done += some.length;
      onCounted(done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
}

/** A new site of the same code, owned by the account; ready when it answers. */
export async function createSite(
  client: Client,
  { record: { cluster, codeHash } }: ReadContract,
  account: Account,
): Promise<string> {
  const signer = signerOf(account);
  const until = "serving";
  const { address } = await instantiateContract(client, { signer, cluster, codeHash, until });
  return toHex(address);
}
