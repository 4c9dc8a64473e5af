/**
 * The SDK's own light client: follows finality from the genesis hash up and trusts no server for it.
 */
import { advance, decodeHeader, type LightClientState, startFromGenesis } from "@pha/consensus";
import { STORAGE, SyncBatch } from "@pha/protocol";
import {
  boundedBytes,
  type CodecType,
  decode,
  equalBytes,
  PhaError,
  parseHex,
  toHex,
  vec,
} from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { RpcTransport } from "../rpc/transport.ts";
import type { LeaseAlone } from "./lease-alone.ts";
import { createVerifiedHeads, type VerifiedHeads } from "./verified-heads.ts";

const BATCH_BLOCKS = 256;
const POLL_MS = 250;

/** Finalized blocks as they come, each verified here. */
export interface FinalityFollower
  extends Pick<VerifiedHeads, "head" | "block" | "reach" | "onHead"> {
  readonly genesisHash: Uint8Array;
  /** Block from which on finality was verified; it is trusted itself. */
  readonly trusted: number;
  /** Present where finality is a node's word: answers rest on leases and a clock then. */
  readonly leaseAlone?: LeaseAlone;
  stop(): void;
}

/**
 * Follows finality from the genesis hash on, with proofs that a node gives.
 *
 * @param expectedGenesis refuses another network; when absent the node's genesis is believed (first use on a devnet)
 */
export async function startFollower(
  rpc: RpcTransport,
  expectedGenesis?: Uint8Array,
): Promise<FinalityFollower> {
  let light = await trustedStart(rpc, expectedGenesis);
  let stopped = false;
  const heads = createVerifiedHeads({ ...light.finalized });
  let wake: (() => void) | undefined;

  /** Whether there may be more: a batch ends at a change of the voters, too. */
  async function pull(): Promise<boolean> {
    const { setId } = light.set;
    const answer = await rpc.request("pha_finality", [light.finalized.number + 1, BATCH_BLOCKS]);
    if (answer === null || answer === undefined) return false;
    const bytes = typeof answer === "string" ? parseHex(answer) : undefined;
    const batch = bytes?.ok ? decode(SyncBatch, bytes.value) : undefined;
    if (!batch?.ok) throw refused("batch/malformed");
    const { headers, justification } = batch.value;
    const advanced = advance(light, { headers, justification });
    if (!advanced.ok) throw refused(advanced.error.code);
    light = advanced.value.state;
    heads.add(
      advanced.value.finalizedHeaders.map(({ number, hash, stateRoot }) => ({
        number,
        hash: hash.slice(),
        stateRoot: stateRoot.slice(),
      })),
    );
    return headers.length === BATCH_BLOCKS || light.set.setId !== setId;
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      try {
        if (await pull()) continue;
      } catch (error) {
        // A node that lies is not asked again; one that is away is.
        if (error instanceof PhaError && error.code === "light/refused") {
          stopped = true;
          heads.fail(error);
          return;
        }
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        const timer = setTimeout(resolve, POLL_MS);
        if (typeof timer === "object") timer.unref();
      });
    }
  }

  while (await pull());
  void loop();
  const unsubscribe = await rpc
    .subscribe("chain_subscribeFinalizedHeads", [], "chain_unsubscribeFinalizedHeads", () =>
      wake?.(),
    )
    .catch(() => () => undefined);

  return {
    get head() {
      return heads.head;
    },
    block: heads.block,
    reach: heads.reach,
    onHead: heads.onHead,
    genesisHash: light.genesisHash,
    trusted: 0,
    stop() {
      stopped = true;
      unsubscribe();
      wake?.();
    },
  };
}

function refused(reason: string): PhaError {
  return new PhaError("light/refused", `the node's proof of finality is wrong: ${reason}`, {
    facts: { reason },
    hint: "Do not use this node; connect to another one of the same network.",
  });
}

/** Genesis header by the node, checked against the expected hash; voters proven under its state root. */
async function trustedStart(rpc: RpcTransport, expected?: Uint8Array): Promise<LightClientState> {
  const answer = await rpc.request("pha_genesis", []);
  const { header, proof } = genesisOf(answer);
  const decoded = decodeHeader(header);
  if (!decoded.ok) throw refused("genesis/malformed");
  const view = verifyProof({ root: decoded.value.stateRoot, proof });
  const authorities = view.ok ? view.value.get(STORAGE.grandpaAuthorities.key) : undefined;
  const set =
    authorities?.ok && authorities.value !== undefined
      ? decode(STORAGE.grandpaAuthorities.value, authorities.value)
      : undefined;
  if (!set?.ok) throw refused("genesis/no-authorities");
  const light = startFromGenesis({
    genesisHeader: decoded.value,
    set: { setId: 0n, authorities: set.value.map(([key, weight]) => ({ key, weight })) },
  });
  if (expected !== undefined && !equalBytes(expected, light.genesisHash))
    throw new PhaError("chain/other-network", "the node belongs to another network", {
      facts: { expected: toHex(expected), actual: toHex(light.genesisHash) },
      hint: "Check the address; a devnet that was started anew has a new genesis.",
    });
  return light;
}

const Proof = vec(boundedBytes(1 << 20), 4096);
interface Genesis {
  readonly header: Uint8Array;
  readonly proof: CodecType<typeof Proof>;
}

function genesisOf(answer: unknown): Genesis {
  if (typeof answer !== "object" || answer === null) throw refused("genesis/malformed");
  // Any fields, each looked at before use.
  const { header, proof } = answer as Record<string, unknown>;
  const headerBytes = typeof header === "string" ? parseHex(header) : undefined;
  const proofBytes = typeof proof === "string" ? parseHex(proof) : undefined;
  const nodes = proofBytes?.ok ? decode(Proof, proofBytes.value) : undefined;
  if (!headerBytes?.ok || !nodes?.ok) throw refused("genesis/malformed");
  return { header: headerBytes.value, proof: nodes.value };
}
