// threshold
export {
  type CollectKeySharesInput,
  type CombineError,
  collectKeyShares,
  combineKeyShares,
  type IndexedKeyShare,
} from "./threshold/combine-key-shares.ts";
export {
  type EncryptedKeyShare,
  EncryptedKeyShareCodec,
  type EncryptKeyShareInput,
  encryptKeyShare,
  type TransportKeyError,
  type VerifyEncryptedKeyShareInput,
  verifyEncryptedKeyShare,
} from "./threshold/encrypted-key-share.ts";
export {
  IBE_OVERHEAD_BYTES,
  type IbeDecryptInput,
  type IbeEncryptInput,
  ibeDecrypt,
  ibeEncrypt,
  MAX_IBE_MESSAGE_BYTES,
  type RootKeyError,
} from "./threshold/ibe.ts";
export {
  type OpenEncryptedKeyInput,
  type OpenKeyError,
  openEncryptedKey,
  type VerifyVetKeyInput,
  verifyVetKey,
} from "./threshold/open-encrypted-key.ts";
export {
  isTransportPublicKey,
  type TransportKeypair,
  transportKeypair,
} from "./threshold/transport-key.ts";
export { vetkdHashToG1 } from "./threshold/vetkd-hash.ts";
