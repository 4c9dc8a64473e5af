export {
  type AttestedChannel,
  type ChannelOptions,
  openAttestedChannel,
  type PeerDemand,
} from "./attested-channel.ts";
export {
  createRaTlsIdentity,
  type RaTlsIdentity,
  type RaTlsIdentityInput,
} from "./ra-tls-identity.ts";
