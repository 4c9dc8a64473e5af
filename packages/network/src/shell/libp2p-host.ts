/**
 * The libp2p node below the protocols: transports, encryption, substreams, who may connect.
 *
 * The ping of libp2p is not used: it ends a substream after ten seconds, and light clients keep one for as long as they
 * are connected. **Bounds**: connections, half-open ones and substreams have maxima; what libp2p remembers of a peer is
 * deleted when it goes.
 */
import type { Connection, PeerId, Stream } from "@libp2p/interface";
import { PhaError } from "@pha/scale";
import type { Libp2p } from "libp2p";
import type { Libp2pModules } from "./libp2p.ts";

const PING = "/ipfs/ping/1.0.0";
const MAX_PING_BYTES = 1 << 10;
const MAX_PING_STREAMS = 4;
/** Substreams of one connection, of all protocols together. */
const MAX_STREAMS = 512;
const PING_INTERVAL_MS = 15_000;
const SLOWEST_PING_MS = 15_000;

export interface HostOptions {
  /** Seed of the node's ed25519 key, 32 bytes. */
  readonly seed: Uint8Array;
  /** Multiaddrs. */
  readonly listen: readonly string[];
  readonly agent: string;
  readonly maxConnections: number;
  /** Connections a second from one machine. */
  readonly maxInboundPerSecond: number;
  refuses(peer: string): boolean;
}

/** Not started yet: protocols are to be registered first. */
export async function createHost(modules: Libp2pModules, options: HostOptions): Promise<Libp2p> {
  const { createLibp2p, generateKeyPairFromSeed, identify, noise, tcp, webSockets, yamux } =
    modules;
  const privateKey = await generateKeyPairFromSeed("Ed25519", options.seed);
  const refuses = (peer: PeerId): boolean => options.refuses(peer.toString());
  const host = await createLibp2p({
    privateKey,
    start: false,
    addresses: { listen: [...options.listen] },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxInboundStreams: MAX_STREAMS })],
    nodeInfo: { userAgent: options.agent },
    services: { identify: identify() },
    connectionManager: {
      maxConnections: options.maxConnections,
      inboundConnectionThreshold: options.maxInboundPerSecond,
      maxIncomingPendingConnections: 32,
    },
    connectionMonitor: {
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: { minTimeout: SLOWEST_PING_MS },
    },
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyInboundEncryptedConnection: (peer) => refuses(peer),
    },
  });
  await host.handle(PING, echo, { maxInboundStreams: MAX_PING_STREAMS });
  host.addEventListener("peer:disconnect", ({ detail }) => {
    host.peerStore.delete(detail).catch(() => {
      // It was not stored.
    });
  });
  return host;
}

/** @throws PhaError `network/cannot-listen` */
export async function startHost(host: Libp2p, addresses: readonly string[]): Promise<void> {
  try {
    await host.start();
  } catch (cause) {
    throw new PhaError("network/cannot-listen", "the network addresses cannot be opened", {
      facts: { addresses: addresses.join(", ") },
      hint: "give free ports of this machine, as /ip4/0.0.0.0/tcp/30333 or /ip4/127.0.0.1/tcp/30334/ws",
      cause,
    });
  }
}

/** Sends back what comes, for as long as the peer likes. */
function echo(stream: Stream, _connection: Connection): void {
  stream.maxReadBufferLength = MAX_PING_BYTES;
  stream.maxWriteBufferLength = MAX_PING_BYTES;
  stream.addEventListener("message", ({ data }) => {
    if (stream.writeStatus === "writable") stream.send(data);
  });
  stream.addEventListener("end", () => {
    stream.close().catch(() => {
      // Reset meanwhile.
    });
  });
}
