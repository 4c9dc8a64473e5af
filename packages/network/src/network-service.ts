/**
 * The network of a node: peers, notifications, requests, over js-libp2p.
 *
 * The shell of three cores: codecs (`wire`), the peer manager (`peers`) and the node's chain behind `NetworkChain`.
 * What peers say arrives as events; what is wrong with it the node reports back, and the peer manager decides what
 * follows.
 *
 * **Bounds**: those of peer manager, budgets and queues; one timer. **Trust**: peers are hostile; the budget of each is
 * asked before its bytes are looked at.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "@libp2p/interface";
import { decode, encode, equalBytes, fail } from "@pha/scale";
import { answerRequest } from "./answer-request.ts";
import type {
  DisconnectCode,
  NetworkEvent,
  NetworkOptions,
  NetworkService,
} from "./network-types.ts";
import {
  createPace,
  createPeerBudget,
  createPeerManager,
  DEFAULT_PEER_LIMITS,
  type MisbehaviourCode,
  type Pace,
  type PeerBudget,
  type PeerOutput,
} from "./peers/index.ts";
import { createDiscovery, isDialable } from "./shell/discovery.ts";
import { loadLibp2p } from "./shell/libp2p.ts";
import { createHost, startHost } from "./shell/libp2p-host.ts";
import {
  createNotificationProtocol,
  type NotificationProtocol,
} from "./shell/notification-protocol.ts";
import { createAsker, serveRequests } from "./shell/request-protocol.ts";
import {
  BlockAnnounce,
  BlockAnnounceHandshake,
  GossipedExtrinsics,
  type NotificationKind,
  protocolName,
  REQUEST_KINDS,
  type RequestKind,
  type Role,
  RoleHandshake,
} from "./wire/index.ts";

const TICK_MS = 1_000;
/** A connection that does not say what it is for is closed. */
const HANDSHAKE_MS = 30_000;
/** Protocols that a peer did not take are offered again after this. */
const REOPEN_MS = 30_000;
const MAX_ANNOUNCE_STREAMS = 4;

const REQUEST_TIMEOUT_MS: Readonly<Record<RequestKind, number>> = {
  sync: 20_000,
  state: 40_000,
  light: 15_000,
  warp: 20_000,
  kad: 10_000,
};
/** Inbound substreams of one peer at a time. */
const MAX_REQUEST_STREAMS: Readonly<Record<RequestKind, number>> = {
  sync: 8,
  state: 2,
  light: 32,
  warp: 2,
  kad: 8,
};

interface Connected {
  readonly budget: PeerBudget;
  readonly pace: Pace;
  /** The newest block it is to hear of, once it may. */
  announce: { message: Uint8Array; readonly timer: NodeJS.Timeout } | undefined;
  readonly since: number;
  /** When its protocols were last offered to it. */
  openedAt: number;
  /** It is being disconnected. */
  isLeaving: boolean;
  said: { readonly role: Role; bestHash: Uint8Array; bestNumber: number } | undefined;
}

/** @throws PhaError `network/cannot-listen` */
export async function startNetwork(options: NetworkOptions): Promise<NetworkService> {
  const { chain, role, onInternalError, handshakeMs = HANDSHAKE_MS } = options;
  const now = (): number => Date.now();
  const nameOf = (kind: NotificationKind | RequestKind): string =>
    protocolName(chain.genesisHash, kind);
  const limits = { ...DEFAULT_PEER_LIMITS, ...options.limits };
  const reserved = options.reserved ?? [];
  const connected = new Map<string, Connected>();
  const asker = createAsker();

  const modules = await loadLibp2p();
  const { multiaddr, peerIdFromString } = modules;
  const host = await createHost(modules, {
    seed: options.seed,
    listen: options.listen,
    agent: options.agent ?? "pha",
    maxConnections: limits.maxIn + limits.maxOut + limits.maxLight + reserved.length + 16,
    maxInboundPerSecond: 64,
    refuses: (peer) => manager.refusalOf(peer, now()) !== undefined,
  });
  const self = host.peerId.toString();
  const manager = createPeerManager({
    self,
    reserved,
    bootNodes: options.bootNodes ?? [],
    reservedOnly: options.reservedOnly ?? false,
    limits,
  });

  const connectionOf = (peer: string): Connection | undefined =>
    host.getConnections(peerIdFromString(peer)).find(({ status }) => status === "open");

  const emit = (event: NetworkEvent): void => {
    try {
      options.onEvent(event);
    } catch (error) {
      onInternalError(error);
    }
  };

  const disconnect = (peer: string, code: DisconnectCode): void => {
    const state = connected.get(peer);
    // What ends with the connection would ask for its end again.
    if (state?.isLeaving) return;
    if (state) state.isLeaving = true;
    options.onDisconnect?.(peer, code);
    // Later: yamux still answers for the bytes that this came from, and throws when it cannot.
    setImmediate(() => {
      for (const connection of host.getConnections(peerIdFromString(peer))) {
        try {
          connection.abort(new Error(code));
        } catch {
          // It broke just now, so that the farewell could not be sent.
        }
      }
    });
  };

  const carryOut = (outputs: readonly PeerOutput[]): void => {
    for (const output of outputs) {
      if (output.type === "disconnect") disconnect(output.peer, output.code);
      else dial(output.peer, output.addresses);
    }
  };

  const dial = (peer: string, addresses: readonly string[]): void => {
    const targets = addresses.map((address) =>
      multiaddr(address.includes("/p2p/") ? address : `${address}/p2p/${peer}`),
    );
    host.dial(targets).catch(() => manager.dialFailed(peer, now()));
  };

  const report = (peer: string, code: MisbehaviourCode): void =>
    carryOut(manager.report(peer, code, now()));

  /** Whether the peer may send one more message now, by what its budget says. */
  const isWithinBudget = (peer: string, take: (budget: PeerBudget) => boolean): boolean => {
    const state = connected.get(peer);
    if (state === undefined || state.isLeaving) return false;
    if (take(state.budget)) return true;
    report(peer, "peer/flood");
    return false;
  };

  const onAnnounce = (peer: string, message: Uint8Array): void => {
    const announce = decode(BlockAnnounce, message);
    if (!announce.ok) {
      report(peer, "peer/malformed-message");
      return;
    }
    emit({ type: "announce", peer, announce: announce.value });
  };

  const onTransactions = (peer: string, message: Uint8Array): void => {
    const extrinsics = decode(GossipedExtrinsics, message);
    if (extrinsics.ok) emit({ type: "transactions", peer, extrinsics: extrinsics.value });
    else report(peer, "peer/malformed-message");
  };

  /** What a handshake of block announces says; the first one of a peer makes it known. */
  const judgeAnnouncer = (peer: string, bytes: Uint8Array): MisbehaviourCode | undefined => {
    const handshake = decode(BlockAnnounceHandshake, bytes);
    if (!handshake.ok) return "peer/malformed-message";
    if (!equalBytes(handshake.value.genesisHash, chain.genesisHash)) return "peer/other-genesis";
    const state = connected.get(peer);
    if (state === undefined || state.said !== undefined) return undefined;
    const { bestHash, bestNumber } = handshake.value;
    state.said = { role: handshake.value.role, bestHash, bestNumber };
    const outputs = manager.handshaken(peer, { isLight: handshake.value.role === "light" });
    carryOut(outputs);
    if (outputs.length === 0) emit({ type: "joined", peer, handshake: handshake.value });
    return undefined;
  };
  const judgeRole = (_peer: string, bytes: Uint8Array): MisbehaviourCode | undefined =>
    decode(RoleHandshake, bytes).ok ? undefined : "peer/malformed-message";

  const shared = (kind: NotificationKind) => ({
    kind,
    protocol: nameOf(kind),
    onMisbehaviour: report,
    onOpened: () => {},
    onOpenedByPeer: (peer: string) => mirror(kind, peer),
    onClosed: () => {},
    now,
  });
  const whenInBudget =
    (kind: NotificationKind, onMessage: (peer: string, message: Uint8Array) => void) =>
    (peer: string, message: Uint8Array): void => {
      const { length } = message;
      if (isWithinBudget(peer, (budget) => budget.takeNotification(kind, length, now())))
        onMessage(peer, message);
    };
  const roleHandshake = (): Uint8Array => encode(RoleHandshake, role);
  const notifications: Readonly<Record<NotificationKind, NotificationProtocol>> = {
    "block-announces": createNotificationProtocol({
      ...shared("block-announces"),
      handshake: () => {
        const { hash, number } = chain.best();
        const { genesisHash } = chain;
        return encode(BlockAnnounceHandshake, {
          role,
          bestNumber: number,
          bestHash: hash,
          genesisHash,
        });
      },
      judge: judgeAnnouncer,
      onOpened: (peer) => offerRest(peer),
      onMessage: whenInBudget("block-announces", onAnnounce),
      onClosed: (peer) => {
        if (connected.has(peer)) disconnect(peer, "peer/no-protocol");
      },
    }),
    transactions: createNotificationProtocol({
      ...shared("transactions"),
      handshake: roleHandshake,
      judge: judgeRole,
      onMessage: whenInBudget("transactions", onTransactions),
    }),
    grandpa: createNotificationProtocol({
      ...shared("grandpa"),
      handshake: roleHandshake,
      judge: judgeRole,
      onOpened: (peer) => emit({ type: "votes-opened", peer }),
      onMessage: whenInBudget("grandpa", (peer, message) => emit({ type: "votes", peer, message })),
    }),
  };

  /** A peer that opened a substream to us is sent to over one of ours. Light clients take no transactions. */
  const mirror = (kind: NotificationKind, peer: string): void => {
    const connection = connectionOf(peer);
    if (connection && !(kind === "transactions" && isLight(peer)))
      notifications[kind].open(connection);
  };
  const isLight = (peer: string): boolean => connected.get(peer)?.said?.role === "light";
  const offerRest = (peer: string): void => {
    const connection = connectionOf(peer);
    const state = connected.get(peer);
    if (connection === undefined || state === undefined || isLight(peer)) return;
    state.openedAt = now();
    notifications.transactions.open(connection);
    notifications.grandpa.open(connection);
  };

  for (const protocol of Object.values(notifications))
    await host.handle(protocol.protocol, protocol.accept, {
      maxInboundStreams: MAX_ANNOUNCE_STREAMS,
    });

  const discovery = createDiscovery({
    modules,
    peers: () =>
      [...connected.keys()]
        .filter((peer) => connected.get(peer)?.said && !isLight(peer))
        .map((id) => ({ id, addresses: manager.addressesOf(id) })),
    ask: (peer, request) => ask(peer, "kad", request),
    found: ({ id, addresses }) => manager.discovered(id, addresses),
    onMisbehaviour: report,
  });
  for (const kind of REQUEST_KINDS)
    await host.handle(
      nameOf(kind),
      serveRequests(kind, {
        admits: (peer, { length }) =>
          isWithinBudget(peer, (budget) => budget.takeRequest(kind, length, now())),
        answerWaitMs: (peer) => connected.get(peer)?.budget.answerWaitMs(kind, now()) ?? 0,
        answer: (peer, request) => {
          try {
            const answer =
              kind === "kad" ? discovery.answer(request) : answerRequest(chain, kind, request);
            if (answer.ok) connected.get(peer)?.budget.spendBytes(kind, answer.value.length);
            return answer;
          } catch (error) {
            onInternalError(error);
            return fail("refused");
          }
        },
        onMisbehaviour: report,
      }),
      { maxInboundStreams: MAX_REQUEST_STREAMS[kind] },
    );

  const ask = (peer: string, kind: RequestKind, request: Uint8Array) =>
    asker.ask(connectionOf(peer), request, {
      kind,
      protocol: nameOf(kind),
      timeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS[kind],
      async paced() {
        let waitMs = connected.get(peer)?.pace.take(kind, now()) ?? 0;
        while (waitMs > 0) {
          await sleep(waitMs, undefined, { ref: false });
          waitMs = connected.get(peer)?.pace.take(kind, now()) ?? 0;
        }
      },
    });

  /** Now, or as soon as the peer may hear of one more; of what waits, the newest is told. */
  const announceTo = (peer: string, state: Connected, message: Uint8Array): void => {
    if (state.announce !== undefined) {
      state.announce.message = message;
      return;
    }
    const waitMs = state.pace.take("block-announces", now());
    if (waitMs === 0) {
      notifications["block-announces"].send(peer, message);
      return;
    }
    const timer = setTimeout(() => {
      const newest = state.announce?.message;
      state.announce = undefined;
      if (newest !== undefined) announceTo(peer, state, newest);
    }, waitMs);
    state.announce = { message, timer: timer.unref() };
  };

  host.addEventListener("connection:open", ({ detail: connection }) => {
    const peer = connection.remotePeer.toString();
    const direction = connection.direction === "inbound" ? "in" : "out";
    const outputs = manager.connected(peer, direction, now());
    carryOut(outputs);
    if (outputs.length > 0 || connected.has(peer)) return;
    connected.set(peer, {
      budget: createPeerBudget(now()),
      pace: createPace(now()),
      announce: undefined,
      since: now(),
      openedAt: now(),
      isLeaving: false,
      said: undefined,
    });
    if (direction === "out") notifications["block-announces"].open(connection);
  });
  host.addEventListener("peer:disconnect", ({ detail }) => {
    const peer = detail.toString();
    const state = connected.get(peer);
    clearTimeout(state?.announce?.timer);
    connected.delete(peer);
    manager.disconnected(peer, now());
    for (const protocol of Object.values(notifications)) protocol.forget(peer);
    if (state?.said) emit({ type: "left", peer });
  });
  host.addEventListener("peer:identify", ({ detail: { peerId, listenAddrs } }) => {
    const addresses = listenAddrs.map((address) => address.toString()).filter(isDialable);
    manager.discovered(peerId.toString(), addresses.slice(0, 4));
  });

  const timer = setInterval(() => {
    const time = now();
    for (const [peer, { said, since, openedAt }] of connected) {
      if (said === undefined && time - since > handshakeMs) disconnect(peer, "peer/no-handshake");
      if (said !== undefined && time - openedAt > REOPEN_MS) offerRest(peer);
    }
    for (const protocol of Object.values(notifications)) protocol.tick();
    discovery.tick(time);
    carryOut(manager.tick(time));
  }, TICK_MS);
  await startHost(host, options.listen);
  carryOut(manager.tick(now()));

  return {
    peerId: self,
    listenAddresses: () => host.getMultiaddrs().map((address) => address.toString()),
    peers: () =>
      [...connected].flatMap(([id, { said }]) => (said === undefined ? [] : [{ id, ...said }])),
    connectionCount: () => connected.size,
    announceBlock(announce) {
      const message = encode(BlockAnnounce, announce);
      for (const [peer, state] of connected) announceTo(peer, state, message);
    },
    sendTransactions: (peer, extrinsics) =>
      notifications.transactions.send(peer, encode(GossipedExtrinsics, extrinsics)),
    sendVotes: (peer, message) => notifications.grandpa.send(peer, message),
    request: ask,
    noteBest(peer, { hash, number }) {
      const said = connected.get(peer)?.said;
      if (said === undefined) return;
      said.bestHash = hash;
      said.bestNumber = number;
    },
    report,
    async stop() {
      clearInterval(timer);
      await host.stop();
    },
  };
}
