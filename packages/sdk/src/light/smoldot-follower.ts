/**
 * Finality as smoldot verified it: the heads that it reports, and the blocks between them by their parents' hashes.
 *
 * **Trust**: smoldot runs in this program; what it says of finality it has verified itself, from the chain spec on. Hashes
 * are computed here from the headers.
 */
import { DigestItem, type Header, headerHash } from "@pha/consensus";
import { decode, equalBytes, PhaError, parseHex, toHex } from "@pha/scale";
import type { FinalityFollower } from "../chain/follower.ts";
import { createVerifiedHeads, type VerifiedBlock } from "../chain/verified-heads.ts";
import type { RpcTransport } from "../rpc/transport.ts";

const POLL_MS = 100;
/** Blocks between two reported heads that are looked up; beyond, the older ones stay unknown. */
const MAX_GAP = 256;

export interface SmoldotChainOptions {
  /** Number of the block that the chain spec begins with. */
  readonly trusted: number;
  /** A sync, from block 0 or from a checkpoint, has so long. */
  readonly syncMs: number;
}

/** @throws PhaError `chain/other-network`, `smoldot/not-synced`, `smoldot/unexpected-answer` */
export async function followSmoldot(
  rpc: RpcTransport,
  { trusted, syncMs }: SmoldotChainOptions,
  expectedGenesis?: Uint8Array,
): Promise<FinalityFollower> {
  const genesisHash = bytesOf(await rpc.request("chainSpec_v1_genesisHash", []));
  if (expectedGenesis !== undefined && !equalBytes(expectedGenesis, genesisHash))
    throw new PhaError("chain/other-network", "the chain spec is of another network", {
      facts: { expected: toHex(expectedGenesis), actual: toHex(genesisHash) },
      hint: "Give the chain spec of the network that the genesis hash names.",
    });
  const headerOf = async (hash: unknown): Promise<FoundHeader> =>
    headerOfJson(await rpc.request("chain_getHeader", [hash]));
  await untilSynced(rpc, syncMs);
  const synced = await rpc.request("chain_getFinalizedHead", [], { timeoutMs: syncMs });
  const heads = createVerifiedHeads((await headerOf(synced)).block);

  /** The reported head and the blocks between it and the one before. */
  async function take(content: unknown): Promise<void> {
    const fresh: VerifiedBlock[] = [];
    const { number } = heads.head;
    let found = headerOfJson(content);
    while (found.block.number > number) {
      fresh.unshift(found.block);
      if (found.block.number === number + 1 || fresh.length >= MAX_GAP) break;
      found = await headerOf(toHex(found.parentHash));
    }
    heads.add(fresh);
  }

  let queue: Promise<void> = Promise.resolve();
  const stop = await rpc.subscribe(
    "chain_subscribeFinalizedHeads",
    [],
    "chain_unsubscribeFinalizedHeads",
    (content) => {
      // A head that could not be looked up is made up for by the next one.
      queue = queue.then(() => take(content)).catch(() => undefined);
    },
    (error) =>
      heads.fail(
        new PhaError("smoldot/ended", "the light client has ended", {
          hint: "Start it anew; what it verified before, it verifies again or takes from its database.",
          cause: error,
        }),
      ),
  );
  // A young chain counts as synced before anything of it was verified.
  if (heads.head.number === trusted)
    await heads.reach(trusted + 1, syncMs).catch(async () => {
      stop();
      throw notSynced(await rpc.request("system_health", []), syncMs);
    });
  return {
    get head() {
      return heads.head;
    },
    block: heads.block,
    reach: heads.reach,
    onHead: heads.onHead,
    genesisHash,
    trusted,
    stop,
  };
}

/** Until it is near the head of the chain as its peers tell it. */
async function untilSynced(rpc: RpcTransport, syncMs: number): Promise<void> {
  const end = performance.now() + syncMs;
  for (;;) {
    const health = await rpc.request("system_health", []);
    if (fieldsOf(health)["isSyncing"] === false) return;
    if (performance.now() >= end) throw notSynced(health, syncMs);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function notSynced(health: unknown, syncMs: number): PhaError {
  return new PhaError("smoldot/not-synced", `the light client has not caught up in ${syncMs} ms`, {
    facts: { peers: Number(fieldsOf(health)["peers"]), syncMs },
    hint: "Without peers, check the chain spec's `bootNodes` and the connection; browsers reach /ws and /wss addresses alone.",
  });
}

interface FoundHeader {
  readonly block: VerifiedBlock;
  readonly parentHash: Uint8Array;
}

function headerOfJson(answer: unknown): FoundHeader {
  const { parentHash, number, stateRoot, extrinsicsRoot, digest } = fieldsOf(answer);
  const { logs } = fieldsOf(digest);
  if (typeof number !== "string" || !Array.isArray(logs)) throw unexpected();
  const header: Header = {
    parentHash: bytesOf(parentHash),
    number: Number(number),
    stateRoot: bytesOf(stateRoot),
    extrinsicsRoot: bytesOf(extrinsicsRoot),
    digest: logs.map((log) => {
      const item = decode(DigestItem, bytesOf(log));
      if (!item.ok) throw unexpected();
      return item.value;
    }),
  };
  const block = { number: header.number, hash: headerHash(header), stateRoot: header.stateRoot };
  return { block, parentHash: header.parentHash };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function bytesOf(value: unknown): Uint8Array {
  const parsed = typeof value === "string" ? parseHex(value) : undefined;
  if (!parsed?.ok) throw unexpected();
  return parsed.value;
}

function unexpected(): PhaError {
  return new PhaError("smoldot/unexpected-answer", "the light client's answer has another form", {
    hint: "Use smoldot 3.4.1, the version that this release is tested with.",
  });
}
