/**
 * A peer that is honest until it tells one lie: the chain is real, its answers and announcements are changed on the way
 * out.
 */
import {
  type BlockRef,
  type Commit,
  encodeGossipMessage,
  encodeHeader,
  type GossipMessage,
  type Header,
  headerHash,
  Justification,
} from "@pha/consensus";
import { type NetworkChain, startNetwork } from "@pha/network";
import { chainSpecJson } from "@pha/node";
import { type RotatingChain, servedChain } from "@pha/node/testing";
import { decode, toHex } from "@pha/scale";

export interface LyingNode {
  /** Chain spec as text, this peer the only boot node. */
  readonly spec: string;
  /** Announces a block; peers that ask for it by its hash get this header. */
  announce(header: Header): void;
  /** Tells peers that a block is final. */
  commit(commit: Commit): void;
  stop(): Promise<void>;
}

/** @param lie changes what peers are answered from */
export async function startLyingNode(
  node: RotatingChain,
  lie: (chain: NetworkChain) => Partial<NetworkChain> = () => ({}),
): Promise<LyingNode> {
  const honest = servedChain(node.chain);
  const told = new Map<string, Header>();
  let best: BlockRef = node.chain.best;
  const chain: NetworkChain = {
    ...honest,
    best: () => best,
    blocks(request, maxBytes) {
      const { hash } = request.from;
      const header = hash && told.get(toHex(hash));
      if (!header) return honest.blocks(request, maxBytes);
      return [{ hash, header: encodeHeader(header), body: [], justifications: [] }];
    },
    ...lie(honest),
  };
  const voters = new Set<string>();
  const send = (peer: string, message: GossipMessage): void => {
    network.sendVotes(peer, encodeGossipMessage(message));
  };
  const neighbour = (): GossipMessage => ({
    type: "Neighbour",
    value: { round: 1n, setId: node.setId(), finalizedNumber: node.chain.finalized.number },
  });
  const network = await startNetwork({
    chain,
    role: "authority",
    seed: crypto.getRandomValues(new Uint8Array(32)),
    listen: ["/ip4/127.0.0.1/tcp/0/ws"],
    onEvent(event) {
      if (event.type !== "votes-opened") return;
      voters.add(event.peer);
      send(event.peer, neighbour());
    },
    onInternalError: (error) => {
      throw error;
    },
  });
  const bootNodes = network.listenAddresses();
  return {
    spec: JSON.stringify(chainSpecJson(node.development.spec, { bootNodes })),
    announce(header) {
      const hash = headerHash(header);
      told.set(toHex(hash), header);
      best = { hash, number: header.number };
      network.announceBlock({ header, isBest: true, data: new Uint8Array(0) });
    },
    commit(commit) {
      for (const peer of voters) {
        send(peer, neighbour());
        send(peer, { type: "Commit", value: commit });
      }
    },
    stop: () => network.stop(),
  };
}

/** The commit that made a block of the node final. */
export function commitOf(node: RotatingChain, { hash }: BlockRef): Commit {
  const stored = node.chain.justification(hash);
  const justification = stored && decode(Justification, stored);
  if (!justification?.ok) throw new Error("the block has a justification of its own");
  const { round, target, precommits } = justification.value;
  return {
    round,
    setId: node.setId(),
    target,
    precommits: precommits.map((one) => one.target),
    signatures: precommits.map(({ signature, authority }) => ({ signature, authority })),
  };
}
