/** Contracts as the chain proves them: record, artefact, codecs of entries. */
import { type Artefact, entryCodecsOf, readArtefact } from "@pha/contract";
import { logReasonOf } from "@pha/contract/log";
import { blake2b256 } from "@pha/crypto";
import { type Contract, itemKey, STORAGE } from "@pha/protocol";
import { equalBytes, isPhaError, PhaError, parseHex, toHex } from "@pha/scale";
import type { Client, EntryCodecs } from "@pha/sdk";

export interface ReadContract {
  readonly address: Uint8Array;
  readonly record: Contract;
  readonly artefact: Artefact;
  readonly entries: EntryCodecs;
  /** What its log is for, where it keeps one. */
  readonly log: string | undefined;
}

const codes = new Map<string, Artefact>();
const MOST_CODES = 64;

/** Record and code under a finalized state root, the code by its hash. */
export async function readContract(client: Client, address: Uint8Array): Promise<ReadContract> {
  const { chain } = client;
  const record = await chain.read({
    key: STORAGE.contract.key(address),
    value: STORAGE.contract.value,
  });
  if (record === undefined)
    throw new PhaError("contract/unknown", "the chain has no such contract", {
      facts: { contract: toHex(address) },
      hint: "Check the address and the network.",
    });
  const hash = toHex(record.codeHash);
  const artefact = codes.get(hash) ?? (await readCode(client, record.codeHash));
  codes.set(hash, artefact);
  for (const oldest of codes.keys()) if (codes.size > MOST_CODES) codes.delete(oldest);
  const entries = entryCodecsOf(artefact);
  return { address: address.slice(), record, artefact, entries, log: logReasonOf(artefact) };
}

async function readCode({ chain }: Client, codeHash: Uint8Array): Promise<Artefact> {
  const bytes = await chain.read({ key: STORAGE.code.key(codeHash), value: STORAGE.code.value });
  const read =
    bytes !== undefined && equalBytes(blake2b256(bytes), codeHash)
      ? readArtefact(bytes)
      : undefined;
  if (read?.ok) return read.value;
  throw new PhaError("contract/other-abi", "the contract's code cannot be read by this program", {
    facts: { codeHash: toHex(codeHash) },
    hint: "Use a console made for this chain's runtime.",
  });
}

/** Most contracts of one list; a search by address reaches the others. */
const MOST_LISTED = 200;

/**
 * Contracts of the network. Which addresses there are is the node's word, so one may be kept back; each that is shown is
 * proven.
 */
export async function listContracts(client: Client): Promise<readonly ReadContract[]> {
  const prefix = itemKey("PhalaPhatContracts", "Contracts");
  const answer = await client.chain.rpc.request("state_getKeysPaged", [
    toHex(prefix),
    MOST_LISTED,
    null,
    toHex(client.chain.finality.head.hash),
  ]);
  const keys: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const addresses = keys.flatMap((key) => {
    const bytes = typeof key === "string" ? parseHex(key) : undefined;
    return bytes?.ok && bytes.value.length === prefix.length + 48
      ? [bytes.value.slice(prefix.length + 16)]
      : [];
  });
  const read = await Promise.all(
    addresses.map((address) =>
      readContract(client, address).catch((error: unknown) => {
        // What this program cannot read is not listed; what did not come now makes the whole list wait.
        if (isPhaError(error) && UNREADABLE.has(error.code)) return undefined;
        throw error;
      }),
    ),
  );
  return read
    .filter((one) => one !== undefined)
    .sort((a, b) => a.record.createdAt - b.record.createdAt || order(a, b));
}

const UNREADABLE: ReadonlySet<string> = new Set(["contract/unknown", "contract/other-abi"]);

/** By name where they are of one block, as those of genesis are. */
function order(a: ReadContract, b: ReadContract): number {
  if (a.artefact.name === b.artefact.name) return toHex(a.address) < toHex(b.address) ? -1 : 1;
  // Names of artefacts are lower-case ASCII.
  return (
    rank(a.artefact.name) - rank(b.artefact.name) || (a.artefact.name < b.artefact.name ? -1 : 1)
  );
}

/** The sample that the first steps are about comes first. */
function rank(name: string): number {
  return name === "counter" ? 0 : 1;
}
