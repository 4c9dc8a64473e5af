/** The first links of every chain of trust: which network this is, and which of its blocks everything else is read at. */
import { ATTESTATION_STORAGE, type Demands, type VendorRoots } from "@pha/attestation";
import { STORAGE } from "@pha/protocol";
import { type Codec, toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import type { VerifiedBlock } from "../chain/verified-heads.ts";
import type { EvidenceCache } from "./evidence-cache.ts";
import { branch, leaf, type TrustNode } from "./trust-tree.ts";

/** What a relying party says itself; the rest is the chain's. */
export interface TrustOptions {
  /** Vendors' roots; by default those that they publish, which are pinned in this program. */
  readonly roots?: VendorRoots | undefined;
  /** Programs that are accepted, 32 bytes each; by default all that governance allows. */
  readonly measurements?: readonly Uint8Array[] | undefined;
  /** Of one chain and one set of roots: verdicts on evidence are kept for a while. */
  readonly cache?: EvidenceCache | undefined;
}

/** What every link reads, proven under one block. */
export interface TrustContext {
  readonly chain: Chain;
  readonly head: VerifiedBlock;
  /** Chain time, Unix milliseconds. */
  readonly nowMs: bigint;
  /** Absent: the chain accepts no platform. */
  readonly policy: Demands | undefined;
  readonly simulatedRoot: Uint8Array | undefined;
  /** Absent: those that the vendors publish. */
  readonly roots: VendorRoots | undefined;
  readonly measurements: readonly Uint8Array[] | undefined;
  readonly cache: EvidenceCache | undefined;
  read<T>(item: { readonly key: Uint8Array; readonly value: Codec<T> }): Promise<T | undefined>;
}

export async function openTrust(chain: Chain, options: TrustOptions = {}): Promise<TrustContext> {
  const { head } = chain.finality;
  const read: TrustContext["read"] = (item) => chain.read(item, head);
  const [now, policy, simulatedRoot] = await Promise.all([
    read(STORAGE.now),
    read(ATTESTATION_STORAGE.policy),
    read(STORAGE.simulatedRoot),
  ]);
  return {
    chain,
    head,
    nowMs: now ?? 0n,
    policy,
    simulatedRoot,
    roots: options.roots,
    measurements: options.measurements,
    cache: options.cache,
    read,
  };
}

export function networkLinks({ chain, head, nowMs }: TrustContext): TrustNode {
  return branch("network", "Everything below is read from this network's finalized state.", [
    leaf("genesis", true, "The network is named by its genesis hash.", {
      genesis: toHex(chain.genesisHash),
    }),
    leaf(
      "finality",
      true,
      chain.finality.leaseAlone
        ? "NOT VERIFIED: that this block is final, and with it all below, is the node's word; answers rest on leases and this machine's clock."
        : `This program checked GRANDPA finality from block ${chain.finality.trusted} to this block itself.`,
      {
        block: head.number,
        hash: toHex(head.hash),
        chainTimeMs: Number(nowMs),
        verified: chain.finality.leaseAlone === undefined,
      },
    ),
  ]);
}
