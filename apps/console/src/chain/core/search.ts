/** Finds what a text names on this chain: everything that is told to be there was proven to be. */
import { STORAGE } from "@pha/protocol";
import { equalBytes, fromHex, toHex } from "@pha/scale";
import { type Client, fetchBlock, parseAddress } from "@pha/sdk";
import { readItems } from "./items.ts";

export type Found =
  | { readonly kind: "block"; readonly number: number }
  | { readonly kind: "extrinsic"; readonly block: number; readonly index: number }
  | { readonly kind: "contract" | "worker" | "cluster" | "account"; readonly id: string };

/** Newest blocks in which an extrinsic is looked for; a node keeps no index by hash. */
export const SEARCHED_BLOCKS = 600;
const LANES = 8;

/** @param text trimmed @returns `undefined` when the chain has nothing of this name */
export async function findSubject(client: Client, text: string): Promise<Found | undefined> {
  const asked = text.replace(/^#/, "");
  if (/^\d{1,10}$/.test(asked)) return { kind: "block", number: Number(asked) };
  const place = /^(\d{1,10})-(\d{1,5})$/.exec(asked);
  if (place) return { kind: "extrinsic", block: Number(place[1]), index: Number(place[2]) };
  if (/^0x[0-9a-fA-F]{64}$/.test(asked)) return findBytes(client, fromHex(asked.toLowerCase()));
  const address = parseAddress(asked);
  return address.ok ? { kind: "account", id: asked } : undefined;
}

async function findBytes(client: Client, bytes: Uint8Array): Promise<Found | undefined> {
  const { chain } = client;
  const id = toHex(bytes);
  const known = verifiedBlock(client, bytes);
  if (known !== undefined) return { kind: "block", number: known };
  const items = await readItems(client);
  const [contract, boot, cluster, account] = await Promise.all([
    chain.read({ key: STORAGE.contract.key(bytes), value: STORAGE.contract.value }, items.block),
    chain.read({ key: STORAGE.boot.key(bytes), value: STORAGE.boot.value }, items.block),
    chain.read({ key: STORAGE.cluster.key(bytes), value: STORAGE.cluster.value }, items.block),
    items.value<{ readonly providers: number }>("System", "Account", bytes),
  ]);
  if (contract !== undefined) return { kind: "contract", id };
  if (boot !== undefined) return { kind: "worker", id };
  if (cluster !== undefined) return { kind: "cluster", id };
  // The item has a default: an account that is not there has no provider.
  if ((account?.providers ?? 0) > 0) return { kind: "account", id };
  return findExtrinsic(client, bytes);
}

/** Among the blocks that this client verified. */
function verifiedBlock({ chain }: Client, hash: Uint8Array): number | undefined {
  const { finality } = chain;
  for (let { number } = finality.head; number >= 0; number--) {
    const block = finality.block(number);
    if (block === undefined) return undefined;
    if (equalBytes(block.hash, hash)) return number;
  }
  return undefined;
}

async function findExtrinsic({ chain }: Client, hash: Uint8Array): Promise<Found | undefined> {
  const newest = chain.finality.head.number;
  const oldest = Math.max(1, newest - SEARCHED_BLOCKS + 1);
  for (let from = newest; from >= oldest; from -= LANES) {
    const blocks = Array.from({ length: Math.min(LANES, from - oldest + 1) }, (_, i) =>
      chain.finality.block(from - i),
    );
    const bodies = await Promise.all(
      blocks.map((block) => block && fetchBlock(chain, block).catch(() => undefined)),
    );
    for (const body of bodies) {
      const index = body?.extrinsics.findIndex((one) => equalBytes(one.hash, hash)) ?? -1;
      if (body !== undefined && index >= 0) return { kind: "extrinsic", block: body.number, index };
    }
  }
  return undefined;
}
