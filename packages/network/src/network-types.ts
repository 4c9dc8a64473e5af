/** What the network is told, what it tells, and what it offers. */
import type { BlockRef } from "@pha/consensus";
import type { Result } from "@pha/scale";
import type { NetworkChain } from "./network-chain.ts";
import type { MisbehaviourCode, PeerLimits, RefusalCode } from "./peers/index.ts";
import type { RequestError } from "./shell/request-protocol.ts";
import type { BlockAnnounce, BlockAnnounceHandshake, RequestKind, Role } from "./wire/index.ts";

export interface NetworkAddress {
  /** Peer id. */
  readonly id: string;
  /** Multiaddr, with or without the peer id. */
  readonly address: string;
}

export interface NetworkOptions {
  readonly chain: NetworkChain;
  readonly role: Exclude<Role, "light">;
  /** Seed of the node's ed25519 key, 32 bytes. */
  readonly seed: Uint8Array;
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[];
  readonly bootNodes?: readonly NetworkAddress[];
  readonly reserved?: readonly NetworkAddress[];
  /** Nobody but reserved peers. */
  readonly reservedOnly?: boolean;
  readonly limits?: Partial<PeerLimits>;
  /** A connection that does not say so long what it is for is closed. @default 30_000 */
  readonly handshakeMs?: number;
  /** Deadline of every request to peers. @default by kind, 10 to 40 seconds */
  readonly requestTimeoutMs?: number;
  /** What peers see as this node's program. @default "pha" */
  readonly agent?: string;
  onEvent(event: NetworkEvent): void;
  /** A peer was sent away, or its connection refused. */
  onDisconnect?(peer: string, code: DisconnectCode): void;
  /** A mistake of ours in an event's listener. */
  onInternalError(error: unknown): void;
}

export type DisconnectCode =
  | MisbehaviourCode
  | RefusalCode
  | "peer/no-handshake"
  | "peer/no-protocol";

export type NetworkEvent =
  /** A peer of this chain said who it is. */
  | { readonly type: "joined"; readonly peer: string; readonly handshake: BlockAnnounceHandshake }
  | { readonly type: "left"; readonly peer: string }
  | { readonly type: "announce"; readonly peer: string; readonly announce: BlockAnnounce }
  | {
      readonly type: "transactions";
      readonly peer: string;
      readonly extrinsics: readonly Uint8Array[];
    }
  /** The peer takes votes from now on. */
  | { readonly type: "votes-opened"; readonly peer: string }
  /** A message of `grandpa/1`. */
  | { readonly type: "votes"; readonly peer: string; readonly message: Uint8Array };

export interface NetworkPeer {
  readonly id: string;
  readonly role: Role;
  readonly bestHash: Uint8Array;
  readonly bestNumber: number;
}

export interface NetworkService {
  readonly peerId: string;
  /** Multiaddrs with the peer id. */
  listenAddresses(): readonly string[];
  /** Those that said who they are. */
  peers(): readonly NetworkPeer[];
  /** Connections, of whatever use. */
  connectionCount(): number;
  /** To every peer. Of blocks that come faster than a peer wants to hear of, it hears of the newest. */
  announceBlock(announce: BlockAnnounce): void;
  /** Full nodes only. */
  sendTransactions(peer: string, extrinsics: readonly Uint8Array[]): boolean;
  sendVotes(peer: string, message: Uint8Array): boolean;
  request(
    peer: string,
    kind: RequestKind,
    request: Uint8Array,
  ): Promise<Result<Uint8Array, RequestError>>;
  /** The node found what the peer's best block is. */
  noteBest(peer: string, block: BlockRef): void;
  report(peer: string, code: MisbehaviourCode): void;
  stop(): Promise<void>;
}
