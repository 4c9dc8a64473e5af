export {
  type AttestedChannel,
  type ChannelOptions,
  openAttestedChannel,
  type PeerDemand,
  type PeerJudge,
  type ShownByPeer,
} from "./attested-channel.ts";
export {
  type ChannelAnswered,
  createQueryChannel,
  type QueryChannel,
  type ServeOptions,
  serveQueries,
} from "./query-channel.ts";
export {
  createRaTlsIdentity,
  type RaTlsIdentity,
  type RaTlsIdentityInput,
} from "./ra-tls-identity.ts";
