/** What the shell uses of js-libp2p. */
export { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
export { identify } from "@libp2p/identify";
export { noise } from "@libp2p/noise";
export { peerIdFromString } from "@libp2p/peer-id";
export { tcp } from "@libp2p/tcp";
export { webSockets } from "@libp2p/websockets";
export { yamux } from "@libp2p/yamux";
export { multiaddr } from "@multiformats/multiaddr";
export { createLibp2p } from "libp2p";
export { base58btc } from "multiformats/bases/base58";
