/**
 * One round of the keeper: asks every source once, and tells what of it is newer than what the chain has.
 *
 * **Bounds**: as many answers as sources, one at a time. **Trust**: neither sources nor node; who lies costs the operator a
 * fee, or keeps collateral from the chain that anybody else may bring.
 */
import {
  COLLATERAL_FREE_AFTER_MS,
  CollateralSlot,
  collateralKey,
  isNewerCollateral,
  StoredCollateral,
} from "@pha/protocol";
import { decode, encode, toHex } from "@pha/scale";
import type { RuntimeMetadata } from "@pha/sdk";
import type { NodeClient } from "../node/node-client.ts";
import { type FetchLimits, fetchBounded, type SourceFailure } from "./fetch-bounded.ts";
import type { FoundItem, ListedPhone } from "./read-answers.ts";
import { type CollateralServices, type CollateralSource, sourcesFor, wantedOf } from "./sources.ts";

export interface RoundInput {
  readonly node: Pick<NodeClient, "storage">;
  readonly metadata: RuntimeMetadata;
  /** Hash of the block whose state is compared with. */
  readonly at: Uint8Array;
  readonly services: CollateralServices;
  /** Families of Intel's platforms. */
  readonly families: readonly Uint8Array[];
  /** Unix milliseconds. */
  readonly now: bigint;
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
}

export interface RoundResult {
  /** Worth bringing now, in an order that a chain takes. */
  readonly newer: readonly FoundItem[];
  readonly fetched: readonly { readonly source: string; readonly failure?: SourceFailure }[];
  /** Phones that Google lists and the chain does not, or otherwise: only governance can bring them. */
  readonly unlisted: readonly ListedPhone[];
  /** Unix milliseconds at which the first of the chain's items that were looked at ends. */
  readonly endsAtMs: bigint | undefined;
}

/** So long before its end an item is worth its fee. */
const SOON_MS = 3n * 86_400_000n;
const KEYS_PER_READ = 512;

export async function lookForNewer(input: RoundInput): Promise<RoundResult> {
  const wanted = wantedOf(await policyLines(input));
  const sources = sourcesFor(wanted, input.families, input.services);
  const fetched: { source: string; failure?: SourceFailure }[] = [];
  const items: FoundItem[] = [];
  const phones: ListedPhone[] = [];
  for (const source of sources) {
    if (input.signal.aborted) break;
    const found = await ask(source, input);
    if (found.ok && found.value.type === "items") items.push(...found.value.items);
    if (found.ok && found.value.type === "phones") phones.push(...found.value.phones);
    fetched.push({ source: source.name, ...(!found.ok && { failure: found.error }) });
  }
  const stored = await storedOf(
    items.map(({ slot }) => slot),
    input,
  );
  const ends = stored.flatMap((one) => one?.validUntilMs ?? []);
  return {
    newer: items.filter((item, i) => isWorthBringing(item, stored[i], input.now)),
    fetched,
    unlisted: await unlistedOf(phones, input),
    endsAtMs: ends.length === 0 ? undefined : ends.reduce((a, b) => (a < b ? a : b)),
  };
}

async function ask(source: CollateralSource, { limits, signal }: RoundInput) {
  const answer = await fetchBounded(source.url, limits, signal);
  return answer.ok ? source.read(answer.value) : answer;
}

/** What is a little newer costs its fee, and is left to the next round unless what is there ends or is of an older evaluation. */
export function isWorthBringing(
  found: FoundItem,
  stored: StoredCollateral | undefined,
  now: bigint,
): boolean {
  if (found.issuedAtMs > now || found.validUntilMs < now) return false;
  if (stored === undefined) return true;
  if (!isNewerCollateral(found, stored)) return false;
  return (
    found.issuedAtMs >= stored.issuedAtMs + COLLATERAL_FREE_AFTER_MS ||
    found.number > stored.number ||
    stored.validUntilMs < now + SOON_MS
  );
}

async function storedOf(
  slots: readonly CollateralSlot[],
  { node, at }: Pick<RoundInput, "node" | "at">,
): Promise<readonly (StoredCollateral | undefined)[]> {
  const values: (Uint8Array | undefined)[] = [];
  for (let i = 0; i < slots.length; i += KEYS_PER_READ)
    values.push(...(await node.storage(slots.slice(i, i + KEYS_PER_READ).map(collateralKey), at)));
  return values.map((value) => {
    const decoded = value === undefined ? undefined : decode(StoredCollateral, value);
    return decoded?.ok ? decoded.value : undefined;
  });
}

async function unlistedOf(
  phones: readonly ListedPhone[],
  input: RoundInput,
): Promise<readonly ListedPhone[]> {
  const stored = await storedOf(
    phones.map(({ serial }) => ({ type: "AndroidStatus", value: serial })),
    input,
  );
  return phones.filter(({ status }, i) => {
    const item = stored[i]?.item;
    return item?.type !== "AndroidStatus" || item.value.status !== status;
  });
}

/** Names of the policy's product lines, as the chain's metadata has them; none of a chain without this pallet. */
async function policyLines({ node, metadata, at }: RoundInput): Promise<readonly string[]> {
  const item = metadata.storage("PhaAttestation", "Policy");
  if (item === undefined) return [];
  const [value = item.fallback] = await node.storage([item.key()], at);
  const decoded = value === undefined ? undefined : decode(item.value, value);
  const lines = decoded?.ok ? fieldOf(decoded.value, "lines") : undefined;
  if (!Array.isArray(lines)) return [];
  return lines.flatMap((line) => {
    const type = fieldOf(fieldOf(line, "line"), "type");
    return typeof type === "string" ? [type] : [];
  });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** In logs and output. */
export function slotName({ type, value }: CollateralSlot): string {
  switch (type) {
    case "IntelTcbInfo":
      return `${type} ${value.tee} ${toHex(value.fmspc)}`;
    case "IntelPckCrl":
    case "IntelQeIdentity":
    case "AmdCrl":
      return `${type} ${value}`;
    case "AmdIssuer":
      return `${type} ${value.line} ${value.key}`;
    default:
      return type;
  }
}

/** Names an item over rounds. */
export const slotKey = (slot: CollateralSlot): string => toHex(encode(CollateralSlot, slot));
