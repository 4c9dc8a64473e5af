/** The node's part of the network: serves the chain, follows blocks, passes on blocks, transactions and votes. */
import {
  AuthoringHold,
  BEHIND_FROM,
  babePreDigestOf,
  type Header,
  headerHash,
  type Justification,
} from "@pha/consensus";
import {
  type NetworkAddress,
  type NetworkEvent,
  type NetworkPeer,
  type NetworkService,
  startNetwork,
} from "@pha/network";
import { assert, PhaError } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import type { ChainDatabase } from "../database/chain-database.ts";
import type { GrandpaNetwork, GrandpaPeerHandler } from "../finality/grandpa-network.ts";
import type { NodeLog } from "../node-log.ts";
import { extrinsicId, type PoolService } from "../pool/pool-service.ts";
import type { SignatureQueue } from "../pool/signature-queue.ts";
import { startBlockSync } from "./block-sync.ts";
import { startGapFiller } from "./gap-filler.ts";
import { servedChain } from "./served-chain.ts";
import { startTransactionGossip } from "./transaction-gossip.ts";

export interface NodeNetworkOptions {
  readonly chain: Chain;
  readonly database: ChainDatabase;
  readonly pool: PoolService;
  /** Absent: signatures are verified when blocks are imported. */
  readonly signatures?: SignatureQueue | undefined;
  readonly log: NodeLog;
  readonly isAuthority: boolean;
  readonly slotDurationMs: number;
  readonly ready: () => Promise<void>;
  /** Seed of the node's key, 32 bytes. */
  readonly seed: Uint8Array;
  readonly listen: readonly string[];
  readonly bootNodes: readonly string[];
  readonly reserved: readonly string[];
  readonly reservedOnly: boolean;
  readonly agent: string;
  /** Delay of votes for light clients. @default 300 */
  readonly lightDelayMs?: number;
  /** Unix time in ms. @default the machine's */
  readonly clock?: () => number;
  readonly onFailure: (error: unknown) => void;
  /** A peer named a block; it may be anything. */
  readonly onAnnounced?: (header: Header) => void;
}

export interface NodeNetwork {
  readonly peerId: string;
  /** Resolves when peers can connect; a network that opens on demand opens then. */
  open(): Promise<void>;
  listenAddresses(): readonly string[];
  peers(): readonly NetworkPeer[];
  /** Blocks of peers are missing here. */
  isSyncing(): boolean;
  highestBlock(): number;
  /** Blocks of peers come in that are older than what an authority here would build on: it waits. */
  holdsAuthoring(): boolean;
  /** For the voter. */
  readonly grandpa: GrandpaNetwork;
  /** Where justifications that come with blocks go; set once the voter runs. */
  onJustification(take: (justification: Justification) => void): void;
  stop(): Promise<void>;
}

/**
 * Votes and commits reach light clients so much later than full nodes. smoldot validates a transaction on each new best
 * block, with a proof it has to ask for, and drops the result when that block has become final meanwhile: on a chain whose
 * finality follows at once it would never pass a transaction on.
 */
const LIGHT_DELAY_MS = 300;
const NO_DATA = new Uint8Array(0);

/** @throws PhaError `network/cannot-listen`, `network/bad-address` */
export async function startNodeNetwork(options: NodeNetworkOptions): Promise<NodeNetwork> {
  const { chain, pool, signatures, log, onFailure } = options;
  let network: NetworkService | undefined;
  let takeJustification: (justification: Justification) => void = () => {};
  const voters = createVoterPort(() => network, options.lightDelayMs ?? LIGHT_DELAY_MS);

  const hold = new AuthoringHold({
    expectsPeers: options.bootNodes.length + options.reserved.length > 0,
    nowMs: performance.now(),
  });
  const sync = startBlockSync({
    chain,
    authoritySet: () => options.database.authoritySet(),
    log,
    slotDurationMs: options.slotDurationMs,
    ready: options.ready,
    verifyAhead:
      signatures &&
      (({ header, body }) => {
        // What is in the pool was verified when it came.
        const unknown = body.filter((bytes) => !pool.knows(extrinsicId(bytes)));
        return signatures.prepare(() => chain.askSignatures(header, unknown), "urgent");
      }),
    ownCopies: (body) => pool.ownCopies(body),
    ask: (peer, request) => started().request(peer, "sync", request),
    report: (peer, code) => started().report(peer, code),
    importJustification: (justification) => takeJustification(justification),
    onImported: (header, nowSlot) => {
      const claim = babePreDigestOf(header);
      if (claim.ok) hold.imported({ slot: claim.value.value.slot, nowSlot }, performance.now());
    },
    onFailure,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const gap = startGapFiller({
    database: options.database,
    genesisHash: chain.genesisHash,
    log,
    ready: options.ready,
    ask: (peer, request) => started().request(peer, "sync", request),
    report: (peer, code) => started().report(peer, code),
    onFailure,
  });
  const started = (): NetworkService => {
    assert(network, "peers are heard when the network runs");
    return network;
  };

  const onEvent = (event: NetworkEvent): void => {
    switch (event.type) {
      case "joined": {
        const { bestHash, bestNumber } = event.handshake;
        log.info({ peer: event.peer, role: event.handshake.role, best: bestNumber }, "peer joined");
        if (event.handshake.role === "light") return;
        sync.heard(event.peer, { hash: bestHash, number: bestNumber });
        hold.heard(performance.now());
        gap?.joined(event.peer);
        return;
      }
      case "left":
        log.info({ peer: event.peer }, "peer left");
        sync.left(event.peer);
        gap?.left(event.peer);
        gossip.left(event.peer);
        voters.left(event.peer);
        return;
      case "announce": {
        const { header, isBest } = event.announce;
        const block = { hash: headerHash(header), number: header.number };
        options.onAnnounced?.(header);
        if (isBest) started().noteBest(event.peer, block);
        sync.heard(event.peer, block);
        return;
      }
      case "transactions":
        gossip.received(event.peer, event.extrinsics);
        return;
      case "votes-opened":
        voters.opened(event.peer);
        return;
      case "votes":
        voters.message(event.peer, event.message);
        return;
    }
  };

  // Peers may speak while the network is still starting: what they say waits until it runs.
  const early: NetworkEvent[] = [];
  network = await startNetwork({
    chain: servedChain(chain),
    role: options.isAuthority ? "authority" : "full",
    seed: options.seed,
    listen: options.listen,
    bootNodes: options.bootNodes.map(parseAddress),
    reserved: options.reserved.map(parseAddress),
    reservedOnly: options.reservedOnly,
    agent: options.agent,
    onEvent: (event) =>
      setImmediate(() => {
        if (network) onEvent(event);
        else early.push(event);
      }),
    onDisconnect: (peer, code) => log.debug({ peer, code }, "peer disconnected"),
    onInternalError: (error) => log.error({ error: String(error) }, "a peer's message failed"),
  });
  const running = network;
  const gossip = startTransactionGossip({ pool, network, onFailure });
  for (const event of early.splice(0)) onEvent(event);
  const unsubscribe = chain.events.subscribe((event) => {
    if (event.type !== "best") return;
    const { header } = event.block;
    running.announceBlock({ header, isBest: true, data: NO_DATA });
  });

  return {
    peerId: running.peerId,
    open: () => Promise.resolve(),
    listenAddresses: () => running.listenAddresses(),
    peers: () => running.peers(),
    isSyncing: () => sync.highest() - chain.best.number >= BEHIND_FROM,
    highestBlock: () => sync.highest(),
    holdsAuthoring: () =>
      hold.isHeld({ best: chain.best.number, highest: sync.highest() }, performance.now()),
    grandpa: {
      ...voters.port,
      wantBlock: (block) => sync.wanted(block),
    },
    onJustification(take) {
      takeJustification = take;
    },
    async stop() {
      unsubscribe();
      gossip.stop();
      gap?.stop();
      await sync.stop();
      // What light clients were still to get ends here.
      network = undefined;
      await running.stop();
    },
  };
}

/** Peers of `grandpa/1` for the voter, which comes later than the network and may not come at all. */
function createVoterPort(network: () => NetworkService | undefined, lightDelayMs: number) {
  const open = new Set<string>();
  const isLight = (peer: string): boolean =>
    network()
      ?.peers()
      .find(({ id }) => id === peer)?.role === "light";
  let handler: GrandpaPeerHandler | undefined;
  return {
    opened(peer: string) {
      open.add(peer);
      handler?.connected(peer);
    },
    left(peer: string) {
      if (open.delete(peer)) handler?.disconnected(peer);
    },
    message(peer: string, bytes: Uint8Array) {
      if (open.has(peer)) handler?.message(peer, bytes);
    },
    port: {
      attach(attached: GrandpaPeerHandler) {
        handler = attached;
        for (const peer of open) attached.connected(peer);
        return () => {
          handler = undefined;
        };
      },
      send(peer: string, bytes: Uint8Array) {
        const send = () => void network()?.sendVotes(peer, bytes);
        if (isLight(peer)) setTimeout(send, lightDelayMs).unref();
        else send();
      },
      report(peer: string, _code: string, consequence: "annoying" | "hostile") {
        network()?.report(peer, consequence === "hostile" ? "peer/bad-vote" : "peer/annoying-vote");
      },
    },
  };
}

/** `/…/p2p/PEER` @throws PhaError `network/bad-address` */
export function parseAddress(address: string): NetworkAddress {
  const id = /^\/.+\/p2p\/([1-9A-HJ-NP-Za-km-z]{40,60})$/.exec(address)?.[1];
  if (id === undefined)
    throw new PhaError("network/bad-address", "a peer's address cannot be read", {
      facts: { address },
      hint: "give it as /ip4/203.0.113.5/tcp/30333/p2p/12D3Koo…, with the peer id at the end",
    });
  return { id, address };
}
