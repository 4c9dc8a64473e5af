// What a runtime in a realm is given.
export { type Backend as Primitives, backend as primitives } from "#backend";
export { AES_GCM_TAG_BYTES, aes256Ctr, aes256GcmOpen, aes256GcmSeal } from "./aead.ts";
export {
  type BabeVrfInput,
  vrfBytesBabe,
  vrfDrawBabe,
  vrfSignBabe,
  vrfVerifyBabe,
} from "./babe-vrf.ts";
export { DEV_SEED, developmentPair } from "./development-pair.ts";
export {
  type EcdsaPair,
  ecdsaFromSecret,
  ecdsaRecover,
  ecdsaSign,
  ethereumAddress,
  ethereumSigner,
} from "./ecdsa.ts";
export {
  type Ed25519Pair,
  ed25519FromSeed,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
} from "./ed25519.ts";
export { randomBytes } from "./entropy.ts";
export {
  blake2b128,
  blake2b256,
  blake2b512,
  blake2bKeyed,
  keccak256,
  sha256,
  sha384,
  sha512,
  twox64,
  twox128,
  twox256,
} from "./hash.ts";
export {
  type HpkeContext,
  type HpkeOpenInput,
  type HpkeSealed,
  type HpkeSealInput,
  hpkeOpen,
  hpkeReceiverContext,
  hpkeSeal,
  hpkeSenderContext,
  isHpkeRecipient,
} from "./hpke.ts";
export { hkdf, hkdfExpand, hkdfExtract, hmacSha256 } from "./kdf.ts";
export {
  createStrobe,
  createTranscript,
  type Strobe,
  type StrobeState,
  type Transcript,
} from "./merlin.ts";
export { isRsaPublicKey, type RsaPublicKey, type RsaSignedMessage, rsaVerify } from "./rsa.ts";
export { type SecretBytes, secretBytes } from "./secret.ts";
export {
  DEV_PHRASE,
  entropyOf,
  type KeyScheme,
  miniSecretFromEntropy,
  type PairOf,
  pairFromUri,
  type SecretUriError,
} from "./secret-uri.ts";
export { SIV_OVERHEAD_BYTES, type SivKeys, sivOpen, sivSeal } from "./siv.ts";
export {
  type Sr25519Pair,
  sr25519Agree,
  sr25519DeriveHard,
  sr25519DerivePublicSoft,
  sr25519DeriveSoft,
  sr25519FromSeed,
  sr25519Sign,
  sr25519Verify,
} from "./sr25519.ts";
export { type SignedMessage, sr25519VerifyMany } from "./sr25519-batch.ts";
export { sr25519VerifyDeprecated } from "./sr25519-deprecated.ts";
export { sr25519SignDeterministic } from "./sr25519-deterministic.ts";
export { type Ss58Address, type Ss58Error, ss58Decode, ss58Encode } from "./ss58.ts";
// threshold
export {
  type CollectKeySharesInput,
  type CombineError,
  collectKeyShares,
  combineKeyShares,
  type IndexedKeyShare,
} from "./threshold/combine-key-shares.ts";
export {
  type AggregateError,
  type AggregateInput,
  aggregate,
  type DkgResult,
  finalShare,
} from "./threshold/dkg.ts";
export {
  type ComplaintVerdict,
  DealingComplaint,
  type JudgeComplaintInput,
  judgeComplaint,
  type MakeComplaintError,
  type MakeComplaintInput,
  makeComplaint,
} from "./threshold/dkg-complaint.ts";
export {
  type CreateDealingError,
  type CreateDealingInput,
  createDealing,
  Dealing,
  type DealingError,
  type OpenDealingError,
  type OpenDealingInput,
  openDealingShare,
  type VerifyDealingInput,
  verifyDealing,
} from "./threshold/dkg-dealing.ts";
export {
  type DkgRun,
  dkgContext,
  emptySeatKey,
  isOneTimePublicKey,
  type OneTimeKeypair,
  oneTimeKeypair,
} from "./threshold/dkg-run.ts";
export { DKG_PHASES, type DkgSeatStep, IDLE_DKG_SEAT, stepDkgSeat } from "./threshold/dkg-seat.ts";
export type {
  DkgFailureCode,
  DkgPhase,
  DkgSeatInput,
  DkgSeatOutput,
  DkgSeatState,
  RefusalCode,
  RunningDkgSeat,
} from "./threshold/dkg-seat-state.ts";
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
export {
  signingContext,
  type VrfDraw,
  type VrfMode,
  type VrfOutput,
  vrfBytes,
  vrfDraw,
  vrfInput,
  vrfSign,
  vrfVerify,
} from "./vrf.ts";
export {
  type DigestName,
  type EcdsaCurve,
  type EcdsaSignedMessage,
  ecdsaVerify,
  isEcdsaPublicKey,
} from "./weierstrass.ts";
export { x25519, x25519PublicKey } from "./x25519.ts";
