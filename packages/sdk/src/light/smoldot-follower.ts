/**
 * Finality as smoldot verified it: the heads that it reports.
 *
 * **Trust**: smoldot runs in this program; what it says of finality it has verified itself, from the chain spec on.
 */
import { equalBytes, PhaError, toHex } from "@pha/scale";
import type { FinalityFollower } from "../chain/follower.ts";
import { fieldsOf, followReported, hexBytes } from "../chain/reported-heads.ts";
import type { RpcTransport } from "../rpc/transport.ts";
import type { LightProgress } from "./connect-light.ts";

const POLL_MS = 100;

export interface SmoldotChainOptions {
  /** Number of the block that the chain spec begins with. */
  readonly trusted: number;
  /** A sync, from block 0 or from a checkpoint, has so long. */
  readonly syncMs: number;
  readonly onProgress?: ((progress: LightProgress) => void) | undefined;
}

/** @throws PhaError `chain/other-network`, `smoldot/not-synced`, `smoldot/unexpected-answer` */
export async function followSmoldot(
  rpc: RpcTransport,
  { trusted, syncMs, onProgress = () => undefined }: SmoldotChainOptions,
  expectedGenesis?: Uint8Array,
): Promise<FinalityFollower> {
  const genesisHash = hexBytes(await rpc.request("chainSpec_v1_genesisHash", []), unexpected);
  if (expectedGenesis !== undefined && !equalBytes(expectedGenesis, genesisHash))
    throw new PhaError("chain/other-network", "the chain spec is of another network", {
      facts: { expected: toHex(expectedGenesis), actual: toHex(genesisHash) },
      hint: "Give the chain spec of the network that the genesis hash names.",
    });
  await untilSynced(rpc, syncMs, onProgress);
  const heads = await followReported(rpc, { unexpected, ended }, syncMs);
  // A young chain counts as synced before anything of it was verified.
  if (heads.head.number === trusted)
    await heads.reach(trusted + 1, syncMs).catch(async () => {
      heads.stop();
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
    stop: heads.stop,
  };
}

/** Until it is near the head of the chain as its peers tell it. */
async function untilSynced(
  rpc: RpcTransport,
  syncMs: number,
  tell: (progress: LightProgress) => void,
): Promise<void> {
  const end = performance.now() + syncMs;
  // smoldot 3.4.1 may answer nothing for half a minute while it finds nobody.
  let told = 0;
  tell({ peers: told });
  for (;;) {
    const health = await rpc.request("system_health", []);
    const peers = Number(fieldsOf(health)["peers"]);
    // What else it could be asked it answers once it has peers, and nothing meanwhile.
    if (peers !== told && Number.isSafeInteger(peers)) tell({ peers });
    told = peers;
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

function ended(cause: unknown): PhaError {
  return new PhaError("smoldot/ended", "the light client has ended", {
    hint: "Start it anew; what it verified before, it verifies again or takes from its database.",
    cause,
  });
}

function unexpected(): PhaError {
  return new PhaError("smoldot/unexpected-answer", "the light client's answer has another form", {
    hint: "Use smoldot 3.4.1, the version that this release is tested with.",
  });
}
