/**
 * js-libp2p, loaded when a network starts: a node that is alone does without its time and memory.
 */
import "../polyfill.ts";

export async function loadLibp2p() {
  const [
    { createLibp2p },
    { tcp },
    { webSockets },
    { noise },
    { yamux },
    { identify },
    { generateKeyPairFromSeed },
    { peerIdFromString },
    { multiaddr },
    { base58btc },
  ] = await Promise.all([
    import("libp2p"),
    import("@libp2p/tcp"),
    import("@libp2p/websockets"),
    import("@libp2p/noise"),
    import("@libp2p/yamux"),
    import("@libp2p/identify"),
    import("@libp2p/crypto/keys"),
    import("@libp2p/peer-id"),
    import("@multiformats/multiaddr"),
    import("multiformats/bases/base58"),
  ]);
  return {
    createLibp2p,
    tcp,
    webSockets,
    noise,
    yamux,
    identify,
    generateKeyPairFromSeed,
    peerIdFromString,
    multiaddr,
    base58btc,
  };
}

export type Libp2pModules = Awaited<ReturnType<typeof loadLibp2p>>;
