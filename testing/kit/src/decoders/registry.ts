/**
 * Every decoder that a package exports: what turns foreign bytes or text into values or verdicts.
 *
 * Codecs are found by their form. Functions are found by their names and must be listed here, with the way to call them
 * on any bytes, or excused with a reason.
 */
import * as attestation from "@pha/attestation";
import * as consensus from "@pha/consensus";
import * as contract from "@pha/contract";
import * as crypto from "@pha/crypto";
import * as frame from "@pha/frame";
import * as metadata from "@pha/frame/metadata";
import * as network from "@pha/network";
import * as networkPeers from "@pha/network/peers";
import * as networkWire from "@pha/network/wire";
import * as node from "@pha/node";
import * as protocol from "@pha/protocol";
import * as core from "@pha/pruntime/core";
import * as engines from "@pha/pruntime/engines";
import * as providers from "@pha/pruntime/providers";
import * as wire from "@pha/pruntime/wire";
import * as runtime from "@pha/runtime";
import * as scale from "@pha/scale";
import { type Codec, decode, fail, utf8ToText } from "@pha/scale";
import * as sdk from "@pha/sdk";
import * as state from "@pha/state";
import * as worker from "@pha/worker";

export const PACKAGES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  attestation,
  consensus,
  contract,
  crypto,
  frame,
  "frame/metadata": metadata,
  network,
  "network/peers": networkPeers,
  "network/wire": networkWire,
  node,
  protocol,
  "pruntime/core": core,
  "pruntime/engines": engines,
  "pruntime/providers": providers,
  "pruntime/wire": wire,
  runtime,
  scale,
  sdk,
  state,
  worker,
};

/** Calls a decoder on any bytes; must not throw. */
export type Attempt = (bytes: Uint8Array) => unknown;

const DECODER_NAME =
  /^(decode|parse|open|read|verify|from)[A-Z]\w*|(Decode|Open|Decrypt|FromUri|Verify|Recover)$/;

/** In shells `open` acquires a resource; what arrives over it goes through the decoders of this registry. */
const SHELL = /^(node|worker|sdk|pruntime\/providers)$/;

export function isDecoderName(packageName: string, name: string): boolean {
  return DECODER_NAME.test(name) && !(SHELL.test(packageName) && /^open[A-Z]/.test(name));
}

const key = new Uint8Array(32).fill(7);
const key64 = new Uint8Array(64).fill(7);
const g1 = crypto.transportKeypair(key).publicKey;
const block = { number: 1, hash: key };
const set = { setId: 1n, authorities: [{ key, weight: 1n }] };
const extrinsicFormat = runtime.developmentPreset().runtime.format;
const clear = {
  origin: key,
  contract: key,
  commandId: key,
  generation: 1n,
  epoch: 1n,
  codeHash: undefined,
  fuelLimit: 1n,
  value: 0n,
  expiry: 9,
};

/** A type of each kind that arguments of contracts have. */
const ABI_SHAPES = [
  scale.u8,
  scale.u64,
  scale.bool,
  scale.str,
  scale.bytes,
  scale.fixedBytes(32),
  scale.vec(scale.u32, 10),
  scale.option(scale.u128),
  scale.struct({ a: scale.u8, b: scale.str }),
  scale.variants({ A: scale.variant(0, scale.unit), B: scale.variant(1, scale.u8) }),
].map(({ shape }) => shape);

const UNCHECKED = { accept: "any", because: "no list is under test" } as const;

const tpmQuote = (bytes: Uint8Array) =>
  ({ message: bytes, signature: { form: "structure", bytes }, pcrs: {} }) as const;

/** The same bytes in every part. */
const collateralOf = (bytes: Uint8Array): attestation.DcapCollateral => ({
  pckCrlIssuerChain: bytes,
  rootCaCrl: bytes,
  pckCrl: bytes,
  tcbInfoIssuerChain: bytes,
  tcbInfo: bytes,
  tcbInfoSignature: bytes,
  qeIdentityIssuerChain: bytes,
  qeIdentity: bytes,
  qeIdentitySignature: bytes,
});

/** Runs `use` on what the codec reads; what it refuses is of no further interest. */
function reading<T>(codec: Codec<T>, use: (value: T) => unknown): Attempt {
  return (bytes) => {
    const value = decode(codec, bytes);
    return value.ok ? use(value.value) : undefined;
  };
}

/** Runs `use` on the text of the bytes. */
function asText(use: (text: string) => unknown): Attempt {
  return (bytes) => use(utf8ToText(bytes) ?? String.fromCharCode(...bytes));
}

/** Runs `use` on JSON, or on the text when it is none. */
function asJson(use: (json: unknown) => unknown): Attempt {
  return asText((text) => {
    let json: unknown = text;
    try {
      json = JSON.parse(text);
    } catch {
      // Text is JSON too, to the function under test.
    }
    return use(json);
  });
}

/** A PhaError with a code is a verdict of a shell. */
function orCoded(attempt: Attempt): Attempt {
  return (bytes) => {
    try {
      return attempt(bytes);
    } catch (error) {
      if (error instanceof scale.PhaError) return undefined;
      throw error;
    }
  };
}

export const FUNCTIONS: Readonly<Record<string, Attempt>> = {
  "attestation.parseAndroidChain": (bytes) => attestation.parseAndroidChain([bytes, bytes]),
  "attestation.parseImages": asText((text) => attestation.parseImages(text)),
  "attestation.parseKeyDescription": (bytes) => attestation.parseKeyDescription(bytes),
  "attestation.recognizeEvidence": (bytes) => attestation.recognizeEvidence(bytes),
  "attestation.parseParavisorReport": (bytes) => attestation.parseParavisorReport(bytes),
  "attestation.parseStatusList": (bytes) => attestation.parseStatusList(bytes),
  "attestation.parseTpmKey": (bytes) => attestation.parseTpmKey(bytes),
  "attestation.verifyAndroidKey": (bytes) =>
    attestation.verifyAndroidKey({
      chain: [bytes, bytes],
      roots: attestation.GOOGLE_ROOTS,
      now: 0n,
      revocation: UNCHECKED,
    }),
  "attestation.verifyAndroidPath": (bytes) => {
    const chain = attestation.parseAndroidChain([bytes, bytes]);
    return chain.ok && attestation.verifyAndroidPath(chain.value, attestation.GOOGLE_ROOTS, 0n);
  },
  "attestation.verifyAzureSnp": (bytes) =>
    attestation.verifyAzureSnp({
      paravisorReport: bytes,
      quote: tpmQuote(bytes),
      vek: bytes,
      authorities: attestation.AMD_AUTHORITIES,
      now: 0n,
      revocation: UNCHECKED,
    }),
  "attestation.verifyCcaToken": (bytes) =>
    attestation.verifyCcaToken({ token: bytes, platformKey: { curve: "P-256", publicKey: key64 } }),
  "attestation.parseCcel": (bytes) => attestation.parseCcel(bytes),
  "attestation.parseDcapCollateral": asText(attestation.parseDcapCollateral),
  "attestation.parseDstackEventLog": asText(attestation.parseDstackEventLog),
  "attestation.parseIasReport": asText(attestation.parseIasReport),
  "attestation.parseQuote": (bytes) => attestation.parseQuote(bytes),
  "attestation.verifyCollateral": (bytes) => attestation.verifyCollateral(collateralOf(bytes), 0n),
  "attestation.verifyDcap": (bytes) => attestation.verifyDcap(bytes, collateralOf(bytes), 0n),
  "attestation.verifyEventLog": (bytes) => {
    const log = attestation.parseCcel(bytes);
    return attestation.verifyEventLog(log.ok ? log.value : [], [bytes, bytes, bytes, bytes]);
  },
  "attestation.verifyIas": (bytes) =>
    attestation.verifyIas({ body: bytes, signature: bytes, certificates: [bytes] }, 0n),
  "attestation.decodeCbor": (bytes) => attestation.decodeCbor(bytes),
  "attestation.decodeTaggedEvidence": (bytes) => attestation.decodeTaggedEvidence(bytes),
  "attestation.parseNitroDocument": (bytes) => attestation.parseNitroDocument(bytes),
  "attestation.readChannelEvidence": (bytes) =>
    attestation.readChannelEvidence({ evidence: bytes, publicKeyInfo: bytes, exported: bytes }),
  "attestation.readRaTlsCertificate": (bytes) => attestation.readRaTlsCertificate(bytes, 0n),
  "attestation.verifyChannelEvidence": (bytes) =>
    attestation.verifyChannelEvidence({
      evidence: bytes,
      publicKeyInfo: bytes,
      exported: bytes,
      verify: () => fail({ code: "evidence/bad-signature" }),
    }),
  "attestation.verifyRaTlsCertificate": (bytes) =>
    attestation.verifyRaTlsCertificate({
      certificate: bytes,
      now: 0n,
      verify: () => fail({ code: "evidence/bad-signature" }),
    }),
  "attestation.verifyCollateralItem": reading(protocol.CollateralItem, (item) =>
    attestation.verifyCollateralItem(item, {
      roots: attestation.PINNED_ROOTS,
      at: 0n,
      view: () => undefined,
    }),
  ),
  "attestation.verifyWithCollateral": (bytes) =>
    attestation.verifyWithCollateral({
      bytes,
      roots: attestation.PINNED_ROOTS,
      view: () => undefined,
      lines: attestation.PRODUCT_LINES.map((line) => ({ line })),
      amdLevels: [],
      simulatedRoot: key,
      now: 0n,
      expectedReportData: key64,
    }),
  "attestation.verifyEvidence": (bytes) =>
    attestation.verifyEvidence({ bytes, simulatedRoot: key, now: 0n, expectedReportData: key64 }),
  "attestation.verifyNitroDocument": (bytes) =>
    attestation.verifyNitroDocument({ document: bytes, root: attestation.NITRO_ROOT, now: 0n }),
  "attestation.verifyPsaToken": (bytes) =>
    attestation.verifyPsaToken({
      token: bytes,
      attestationKey: { curve: "P-256", publicKey: key64 },
    }),
  "attestation.verifySnpReport": (bytes) =>
    attestation.verifySnpReport({
      report: bytes,
      vek: bytes,
      authorities: attestation.AMD_AUTHORITIES,
      now: 0n,
      revocation: UNCHECKED,
    }),
  "attestation.verifyTpmQuote": (bytes) =>
    attestation.verifyTpmQuote(tpmQuote(bytes), {
      type: "EC",
      curve: "P-256",
      publicKey: key64,
    }),
  "consensus.decodeGossipMessage": (bytes) => consensus.decodeGossipMessage(bytes),
  "consensus.verifyEquivocation": reading(consensus.EquivocationProof, (proof) =>
    consensus.verifyEquivocation(proof),
  ),
  "consensus.decodeHeader": (bytes) => consensus.decodeHeader(bytes),
  "consensus.verifyBabeHeader": reading(consensus.Header, (header) =>
    consensus.verifyBabeHeader({
      header,
      epoch: {
        index: 0n,
        startSlot: 0n,
        duration: 10n,
        authorities: set.authorities,
        randomness: key,
        config: { c: [1n, 4n], allowedSlots: 2 },
      },
    }),
  ),
  "consensus.verifyCommit": reading(consensus.Commit, (commit) =>
    consensus.verifyCommit({ commit, set, isDescendant: () => false }),
  ),
  "consensus.verifyBeefyCommitment": reading(consensus.SignedBeefyCommitment, (signed) =>
    consensus.verifyBeefyCommitment(signed, { id: 0n, authorities: [key] }),
  ),
  "consensus.verifyMmrProof": reading(consensus.MmrProof, (proof) =>
    consensus.verifyMmrProof(proof, [key], key),
  ),
  "consensus.verifySimplifiedMmrProof": (bytes) =>
    consensus.verifySimplifiedMmrProof({ items: [bytes], order: 1n }, key, key),
  "consensus.verifyEncodedWarp": (bytes) =>
    consensus.verifyEncodedWarp(
      { genesisHash: key, finalized: { hash: key, number: 0, stateRoot: key }, set },
      { headers: [bytes], justifications: [bytes] },
    ),
  "consensus.verifyJustification": reading(consensus.Justification, (justification) =>
    consensus.verifyJustification({ justification, set }),
  ),
  "consensus.verifyStateRange": reading(state.storageProof, (proof) =>
    consensus.verifyStateRange(key, key, proof),
  ),
  "consensus.verifyWarpProof": reading(consensus.WarpProof, (proof) =>
    consensus.verifyWarpProof(
      { genesisHash: key, finalized: { hash: key, number: 0, stateRoot: key }, set },
      proof,
    ),
  ),
  "contract.parseAbiValue": asJson((json) =>
    ABI_SHAPES.map((shape) => contract.parseAbiValue(contract.abiTypeOf(shape), json)),
  ),
  "contract.readStateEntry": (bytes) => {
    const entry = { key: bytes.subarray(0, 33), value: bytes.subarray(33) };
    const types = ABI_SHAPES.map((shape) => contract.abiTypeOf(shape));
    const cell = { name: "cell", kind: "secret-map", docs: "" };
    return types.map((type) =>
      contract.readStateEntry({ state: [{ ...cell, key: type, value: type }] }, entry),
    );
  },
  "contract.readArtefact": (bytes) => contract.readArtefact(bytes),
  "crypto.aes256GcmOpen": (bytes) => crypto.aes256GcmOpen(key, key.subarray(0, 12), bytes, key),
  "crypto.ecdsaRecover": (bytes) => crypto.ecdsaRecover(key, bytes),
  "crypto.ecdsaVerify": (bytes) =>
    crypto.ecdsaVerify({
      curve: "P-256",
      digest: "SHA-256",
      publicKey: bytes.subarray(0, 64),
      message: key,
      signature: bytes.subarray(64),
    }),
  "crypto.rsaVerify": (bytes) =>
    crypto.rsaVerify({
      publicKey: { modulus: bytes.subarray(0, 256), exponent: 65_537 },
      padding: "pss",
      digest: "SHA-256",
      message: key,
      signature: bytes.subarray(256),
    }),
  "crypto.ed25519Verify": (bytes) =>
    crypto.ed25519Verify(bytes.subarray(0, 32), key, bytes.subarray(32)),
  "crypto.hpkeOpen": (bytes) =>
    crypto.hpkeOpen({
      secret: key,
      enc: bytes.subarray(0, 32),
      info: key,
      aad: key,
      ciphertext: bytes.subarray(32),
    }),
  "crypto.ibeDecrypt": (bytes) => crypto.ibeDecrypt({ vetKey: g1, ciphertext: bytes } as never),
  "crypto.openDealingShare": reading(crypto.Dealing, (dealing) =>
    crypto.openDealingShare({ context: key, dealing, seat: 0, oneTimeSecret: key }),
  ),
  "crypto.openEncryptedKey": reading(crypto.EncryptedKeyShareCodec, (encrypted) =>
    crypto.openEncryptedKey({
      encrypted,
      transportSecret: key,
      rootPublicKey: encrypted.c2,
      identity: key,
    }),
  ),
  "crypto.pairFromUri": asText((text) => crypto.pairFromUri(text.slice(0, 200), "sr25519")),
  "crypto.sivOpen": (bytes) =>
    crypto.sivOpen({ macKey: key, encKey: key, context: key, sealed: bytes }),
  "crypto.sr25519Verify": (bytes) =>
    crypto.sr25519Verify(bytes.subarray(0, 32), key, bytes.subarray(32)),
  "crypto.ss58Decode": asText((text) => crypto.ss58Decode(text)),
  "crypto.verifyDealing": reading(crypto.Dealing, (dealing) =>
    crypto.verifyDealing({ context: key, n: 1, t: 1, dealing }),
  ),
  "crypto.verifyEncryptedKeyShare": reading(crypto.EncryptedKeyShareCodec, (share) =>
    crypto.verifyEncryptedKeyShare({
      share,
      sharePublicKey: share.c2,
      rootPublicKey: share.c2,
      identity: key,
      transportPublicKey: g1,
    }),
  ),
  "crypto.verifyVetKey": (bytes) =>
    crypto.verifyVetKey({
      vetKey: bytes.subarray(0, 48),
      rootPublicKey: bytes.subarray(48),
      identity: key,
    }),
  "crypto.vrfVerify": (bytes) =>
    crypto.vrfVerify(bytes.subarray(0, 32), crypto.signingContext(key, key), {
      preOutput: bytes.subarray(0, 32),
      proof: bytes.subarray(0, 64),
    }),
  "frame.decodeExtrinsic": (bytes) => frame.decodeExtrinsic(extrinsicFormat, bytes),
  "frame.verifySignature": reading(frame.MultiSignature, (signature) =>
    frame.verifySignature(signature, key, key),
  ),
  "network/wire.decodeBlockRequest": (bytes) => networkWire.decodeBlockRequest(bytes),
  "network/wire.decodeBlockResponse": (bytes) => networkWire.decodeBlockResponse(bytes),
  "network/wire.decodeFrame": (bytes) => networkWire.decodeFrame(bytes, 1 << 10),
  "network/wire.decodeKadMessage": (bytes) => networkWire.decodeKadMessage(bytes),
  "network/wire.decodeLightRequest": (bytes) => networkWire.decodeLightRequest(bytes),
  "network/wire.decodeLightResponse": (bytes) => networkWire.decodeLightResponse(bytes),
  "network/wire.decodeStateRequest": (bytes) => networkWire.decodeStateRequest(bytes),
  "network/wire.decodeStateResponse": (bytes) => networkWire.decodeStateResponse(bytes),
  "node.parseConfig": orCoded(asJson((json) => node.parseConfig(json))),
  "protocol.openCommand": (bytes) =>
    protocol.openCommand({
      genesisHash: key,
      command: { ...clear, sealed: bytes },
      sealingSecret: key,
    }),
  "protocol.openOwnCommand": (bytes) =>
    protocol.openOwnCommand({
      genesisHash: key,
      command: { ...clear, sealed: bytes },
      sealingKey: key,
      ephemeralSecret: key,
    }),
  "protocol.openChunk": (bytes) =>
    protocol.openChunk(
      { saltKey: key, macKey: key, encKey: key },
      { genesisHash: key, cluster: key, keyVersion: 0, index: 0, count: 1, root: key },
      bytes,
    ),
  "protocol.parseVersion": asText((text) => protocol.parseVersion(text)),
  "protocol.parseCid": asText((text) => protocol.parseCid(text)),
  "protocol.openDelta": (bytes) =>
    protocol.openDelta(
      { saltKey: key, macKey: key, encKey: key },
      {
        genesisHash: key,
        cluster: key,
        keyVersion: 0,
        blockHash: key,
        previousRoot: key,
        newRoot: key,
      },
      bytes,
    ),
  "protocol.openOpening": (sealed) =>
    protocol.openOpening({
      genesisHash: key,
      opening: { cluster: key, generation: 1n, epoch: 1n, version: 0, auditKey: key, sealed },
      auditSecret: key,
    }),
  "protocol.openQuery": reading(protocol.SealedQuery, (sealed) =>
    protocol.openQuery({ genesisHash: key, bootEncryptionSecret: key, sealed }),
  ),
  "protocol.openReply": (bytes) =>
    protocol.openReply({
      genesisHash: key,
      commandId: key,
      sealedHash: key,
      block,
      sealed: bytes,
      replySecretKey: key,
    }),
  "protocol.openSessionQuery": reading(protocol.SealedQuery, (sealed) => {
    const context = crypto.hpkeReceiverContext({
      secret: key,
      enc: crypto.x25519PublicKey(key),
      info: key,
    });
    return context && protocol.openSessionQuery(context, sealed);
  }),
  "protocol.openAnswer": reading(protocol.SealedAnswer, (sealed) => {
    const context = crypto.hpkeReceiverContext({
      secret: key,
      enc: crypto.x25519PublicKey(key),
      info: key,
    });
    return context && protocol.openAnswer(context, sealed);
  }),
  "protocol.verifyFieldSignature": reading(protocol.FieldStatement, (statement) =>
    protocol.verifyFieldSignature(key, statement, key64),
  ),
  "protocol.verifyAnswer": reading(protocol.SignedAnswer, (signed) =>
    protocol.verifyAnswer(key, key, signed),
  ),
  "protocol.verifyCertificate": reading(protocol.Certificate, (certificate) =>
    protocol.verifyCertificate(certificate, key, 1),
  ),
  "protocol.verifyCommit": reading(protocol.SignedCommit, (signed) =>
    protocol.verifyCommit(signed, key),
  ),
  "protocol.verifySignedMessage": reading(protocol.SignedMessage, (signed) =>
    protocol.verifySignedMessage(signed),
  ),
  "protocol.verifySignedReply": reading(protocol.SignedReply, (reply) =>
    protocol.verifySignedReply(key, reply),
  ),
  "scale.parseHex": asText((text) => scale.parseHex(text)),
  "sdk.decodeMetadata": (bytes) => sdk.decodeMetadata(bytes),
  "sdk.parseAddress": orCoded(asText((text) => sdk.parseAddress(text))),
  "sdk.verifyAnswerReceipt": (bytes) => sdk.verifyAnswerReceipt(bytes, { genesisHash: key }),
  "sdk.verifyReceipt": (bytes) => sdk.verifyReceipt(bytes, { genesisHash: key }),
  "sdk.verifyStateReceipt": (bytes) => sdk.verifyStateReceipt(bytes, { genesisHash: key }),
  "sdk.signerFromUri": orCoded(asText((text) => sdk.signerFromUri(text.slice(0, 200)))),
  "state.decodeCompactProof": reading(state.storageProof, (proof) =>
    state.decodeCompactProof(key, proof),
  ),
  "state.decodeNode": (bytes) => state.decodeNode(bytes),
  "state.verifyProof": (bytes) =>
    state.verifyProof({ root: crypto.blake2b256(bytes), proof: [bytes] }),
  "worker.parseConfig": orCoded(asJson((json) => worker.parseConfig(json))),
};

/** Functions with such a name that take nothing foreign, and why. */
export const EXCUSED: Readonly<Record<string, string>> = {
  "attestation.verifyDcapQuote":
    "takes verified collateral; reads quotes by parseQuote, certificates as verifyCollateral does",
  "attestation.verifyAzureTdx":
    "takes verified collateral; reads by parseParavisorReport, parseQuote and verifyTpmQuote",
  "scale.decodeFrom": "the engine of `decode`, under every codec of this registry",
  "pruntime/wire.fromFrame": "reads with the codecs of the pipe, which are in this registry",
  "scale.fromHex": "for text of our own; foreign text goes through parseHex",
  "state.openTrie": "opens our own store by a root that was verified",
  "attestation.verifyShownEvidence": "verifyWithCollateral, at one of two times",
  "sdk.verifyContract": "asks the chain; what arrives goes through the decoders here",
  "sdk.verifyRaTls": "goes through readRaTlsCertificate, readChannelEvidence and the chain",
  "sdk.verifyWorker": "asks the chain; what arrives goes through the decoders here",
  "sdk.verifyAnswer": "asks a replica; what arrives goes through the decoders here",
  "sdk.verifyShownBytes": "reads the chain and goes through verifyWithCollateral",
};

/** Codecs that stand for types which only a composed runtime knows; they read what was checked elsewhere. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  "frame.opaqueExtrinsic": "takes an extrinsic as it comes; decodeExtrinsic reads it",
  "frame.runtimeEvents": "is written by the runtime itself; Runtime.decodeEvents reads it",
};
