/**
 * Golden vectors of Pha's own protocols: fixed inputs and the bytes they give.
 *
 * A changed value is a changed protocol, so the test that compares them must never be satisfied by writing them anew
 * without a new version in the domain strings.
 */
import {
  aggregate,
  blake2b256,
  collectKeyShares,
  createDealing,
  Dealing,
  dkgContext,
  EncryptedKeyShareCodec,
  ecdsaFromSecret,
  ecdsaSign,
  ed25519PublicKey,
  ed25519Sign,
  emptySeatKey,
  encryptKeyShare,
  ethereumAddress,
  finalShare,
  ibeEncrypt,
  oneTimeKeypair,
  openDealingShare,
  openEncryptedKey,
  sr25519FromSeed,
  transportKeypair,
  x25519PublicKey,
} from "@pha/crypto";
import {
  answerPayload,
  blobRefOf,
  Certificate,
  CLUSTER_ITSELF,
  type Command,
  type Commit,
  certificatePayloads,
  certificateText,
  certificateTypedData,
  challengeReportData,
  chargedFuel,
  cidText,
  clampedSecret,
  clusterRoot,
  commitDigest,
  commitPayload,
  contractId,
  DOMAIN,
  deriveClusterSigningSeed,
  deriveContractSigningSeed,
  deriveEpochSecrets,
  derivePathKey,
  deriveSealingSecret,
  deriveStateKey,
  deriveStateKeys,
  evmAccount,
  executionTag,
  fieldPayload,
  keyIdentity,
  pad,
  placedReply,
  RECEIPT_VERSION,
  REPLY_OVERHEAD_BYTES,
  Receipt,
  Registration,
  Reply,
  registrationReportData,
  repliesRoot,
  requestHash,
  requestPayload,
  SNAPSHOT_CHUNK_BYTES,
  SnapshotManifest,
  SnapshotVote,
  STATE_RECEIPT_VERSION,
  StateReceipt,
  sealAnswer,
  sealChunk,
  sealCommand,
  sealDelta,
  sealQuery,
  sealReply,
  signedMessageBytes,
  stateLeaf,
  statePath,
  stateSalt,
  TOPIC,
  typedDataHash,
  withoutOpening,
} from "@pha/protocol";
import { assert, encode, type Result, toHex, utf8, utf8ToText } from "@pha/scale";
import { pipeVectors } from "./pipe-vectors.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** 32 fixed bytes by name. */
const fixed = (name: string): Uint8Array => blake2b256(utf8(`pha golden vectors: ${name}`));

function unwrap<T>(result: Result<T, unknown>): T {
  assert(result.ok, "inputs of golden vectors are good");
  return result.value;
}

const genesisHash = fixed("genesis hash");
const cluster = fixed("cluster");
const contract = fixed("contract");
const block = { number: 1234, hash: fixed("block hash") };
const boot = ed25519PublicKey(fixed("boot seed"));
const vetKey = Uint8Array.from({ length: 48 }, (_, i) => i);
const inputs = {
  genesisHash: toHex(genesisHash),
  cluster: toHex(cluster),
  contract: toHex(contract),
  block: { number: block.number, hash: toHex(block.hash) },
};

/** File name → document. */
export function goldenVectors(): ReadonlyMap<string, Json> {
  return new Map<string, Json>([
    ["domains.json", domains()],
    ["keys.json", keys()],
    ["commands.json", commands()],
    ["state.json", state()],
    ["queries.json", queries()],
    ["receipts.json", receipts()],
    ["registration.json", registration()],
    ["threshold.json", threshold()],
    ["pipe.json", pipeVectors()],
  ]);
}

function domains(): Json {
  return {
    domains: texts(DOMAIN),
    topics: texts(TOPIC),
    clusterItself: toHex(CLUSTER_ITSELF),
  };
}

function texts(table: Readonly<Record<string, Uint8Array>>): Json {
  return Object.fromEntries(
    Object.entries(table).map(([name, bytes]) => [name, utf8ToText(bytes) ?? ""]),
  );
}

function keys(): Json {
  const name = (type: "Cluster" | "Wrap") =>
    toHex(
      keyIdentity({
        genesisHash,
        purpose: { type, value: undefined },
        generation: 3n,
        cluster,
        epoch: 7n,
      }),
    );
  const secrets = deriveEpochSecrets(vetKey);
  return {
    inputs: { ...inputs, generation: 3, epoch: 7, vetKey: toHex(vetKey) },
    identityOfClusterKey: name("Cluster"),
    identityOfWrap: name("Wrap"),
    replySecret: toHex(secrets.replySecret),
    traceKey: toHex(secrets.traceKey),
    randomKey: toHex(secrets.randomKey),
    sealingSecret: toHex(deriveSealingSecret(vetKey, contract)),
    sealingKey: toHex(x25519PublicKey(deriveSealingSecret(vetKey, contract))),
    stateKey: toHex(deriveStateKey(vetKey)),
    clusterSigningSeed: toHex(deriveClusterSigningSeed(vetKey)),
    clusterSigningKey: toHex(sr25519FromSeed(deriveClusterSigningSeed(vetKey)).publicKey),
    contractSigningSeed: toHex(deriveContractSigningSeed(vetKey, contract)),
  };
}

function commands(): Json {
  const sealingSecret = deriveSealingSecret(vetKey, contract);
  const ephemeralSecret = fixed("ephemeral secret");
  const replySecretKey = fixed("reply secret key");
  const replyKey = x25519PublicKey(replySecretKey);
  const clear: Omit<Command, "sealed"> = {
    origin: fixed("origin"),
    contract,
    commandId: fixed("command id"),
    generation: 3n,
    epoch: 7n,
    codeHash: fixed("code hash"),
    fuelLimit: 1_000_000n,
    value: 0n,
    expiry: 1300,
  };
  const body = { selector: Uint8Array.of(1, 2, 3, 4), args: utf8("arguments"), replyKey };
  const sealed = unwrap(
    sealCommand({
      genesisHash,
      clear,
      body,
      sealingKey: x25519PublicKey(sealingSecret),
      ephemeralSecret,
    }),
  );
  const { replySecret } = deriveEpochSecrets(vetKey);
  const reply = unwrap(
    sealReply({
      genesisHash,
      commandId: clear.commandId,
      sealedHash: blake2b256(sealed),
      block,
      body: { outcome: { type: "Ok", value: utf8("result") }, fuelUsed: 12_345n },
      replyKey,
      replySecret,
    }),
  );
  return {
    inputs: {
      ...inputs,
      origin: toHex(clear.origin),
      commandId: toHex(clear.commandId),
      generation: 3,
      epoch: 7,
      codeHash: toHex(fixed("code hash")),
      fuelLimit: 1_000_000,
      value: 0,
      expiry: 1300,
      sealingSecret: toHex(sealingSecret),
      ephemeralSecret: toHex(ephemeralSecret),
      selector: "0x01020304",
      args: toHex(body.args),
      replySecretKey: toHex(replySecretKey),
      replySecret: toHex(replySecret),
      result: toHex(utf8("result")),
      fuelUsed: 12_345,
    },
    chargedFuel: Number(chargedFuel(clear.fuelLimit)),
    padded: toHex(unwrap(pad(utf8("arguments"), [32]))),
    sealed: toHex(sealed),
    sealedReply: toHex(reply),
    largeReply: namedReply(contract, clear.commandId),
    repliesRoot: toHex(
      repliesRoot([{ contract, commandId: clear.commandId, sealed: placedReply(reply) }]),
    ),
    contractId: toHex(
      contractId({
        deployer: clear.origin,
        codeHash: fixed("code hash"),
        cluster,
        salt: utf8("salt"),
      }),
    ),
  };
}

/** A sealed reply of zeros that a commit names, as long as its bucket makes it. */
function namedReply(contract: Uint8Array, commandId: Uint8Array): Json {
  const content = new Uint8Array(4096 + REPLY_OVERHEAD_BYTES);
  const reply = { contract, commandId, sealed: placedReply(content) };
  return {
    bytes: content.length,
    cid: cidText(blake2b256(content)),
    entry: toHex(encode(Reply, reply)),
    repliesRoot: toHex(repliesRoot([reply])),
  };
}

function state(): Json {
  const stateKey = deriveStateKey(vetKey);
  const context = { genesisHash, cluster, version: 2 };
  const derived = deriveStateKeys(stateKey, context);
  const pathKey = derivePathKey(stateKey, { ...context, version: 0 });
  const [key, value] = [utf8("key"), utf8("value")];
  const path = statePath(pathKey, contract, key);
  const salt = stateSalt(derived.saltKey, path, value);
  const previousRoot = fixed("previous root");
  const newRoot = clusterRoot(
    { genesisHash, cluster, blockHash: block.hash, previousRoot },
    fixed("trie root"),
  );
  const delta = unwrap(
    sealDelta(
      derived,
      { genesisHash, cluster, keyVersion: 2, blockHash: block.hash, previousRoot, newRoot },
      [{ contract, key, value }],
    ),
  );
  const commit: Commit = {
    genesisHash,
    cluster,
    generation: 3n,
    epoch: 7n,
    block,
    previousRoot,
    newRoot,
    deltaHash: blake2b256(delta),
    repliesRoot: repliesRoot([]),
    executionTag: executionTag(boot, block.hash, fixed("trace")),
    revealed: { block: 6, trace: fixed("trace before") },
    boot,
  };
  return {
    inputs: {
      ...inputs,
      stateKey: toHex(stateKey),
      keyVersion: 2,
      key: toHex(key),
      value: toHex(value),
      previousRoot: toHex(previousRoot),
      trieRoot: toHex(fixed("trie root")),
      boot: toHex(boot),
      trace: toHex(fixed("trace")),
      revealed: { block: 6, trace: toHex(fixed("trace before")) },
    },
    pathKey: toHex(pathKey),
    saltKey: toHex(derived.saltKey),
    macKey: toHex(derived.macKey),
    encKey: toHex(derived.encKey),
    path: toHex(path),
    salt: toHex(salt),
    leaf: toHex(stateLeaf(path, salt, value)),
    newRoot: toHex(newRoot),
    delta: toHex(delta),
    executionTag: toHex(commit.executionTag),
    cid: cidText(blake2b256(delta)),
    /** Of a plaintext of zeros: the hash of a chunk's 256 KiB and its tag. */
    chunk: toHex(
      blake2b256(
        sealChunk(
          derived,
          { genesisHash, cluster, keyVersion: 2, index: 1, count: 3, root: newRoot },
          new Uint8Array(SNAPSHOT_CHUNK_BYTES),
        ),
      ),
    ),
    snapshotVote: toHex(
      encode(SnapshotVote, {
        cluster,
        generation: 3n,
        epoch: 7n,
        snapshot: {
          index: 9n,
          block,
          previousRoot,
          root: newRoot,
          keyVersion: 2,
          manifest: blobRefOf(encode(SnapshotManifest, { chunks: [fixed("chunk")] })),
          chunks: 1,
        },
      }),
    ),
    commitDigest: toHex(commitDigest(commit)),
    commitPayload: toHex(commitPayload(commit)),
  };
}

function aCertificate(): Certificate {
  const seed = fixed("account seed");
  const unsigned = {
    version: 1,
    genesisHash,
    account: ed25519PublicKey(seed),
    sessionKey: ed25519PublicKey(fixed("session seed")),
    expiry: 2000,
    scopes: [
      { contract, methods: undefined },
      { contract: cluster, methods: [Uint8Array.of(1, 2, 3, 4)] },
    ],
    purpose: "golden vectors",
  };
  const signature = ed25519Sign(seed, certificatePayloads(unsigned).raw);
  return { ...unsigned, signature: { type: "Ed25519", value: signature } };
}

/** The same certificate of an account that is an Ethereum address. */
function typedCertificate(): Json {
  const pair = ecdsaFromSecret(fixed("secp256k1 secret"));
  const address = pair && ethereumAddress(pair.publicKey);
  assert(pair && address, "inputs of golden vectors are good");
  const { signature: _, ...rest } = aCertificate();
  const unsigned = { ...rest, account: evmAccount(address) };
  const typedData = certificateTypedData(unsigned, address);
  const hash = typedDataHash(typedData);
  const value = ecdsaSign(pair, hash);
  value[64] = (value[64] ?? 0) + 27;
  const certificate: Certificate = { ...unsigned, signature: { type: "Eip712", value } };
  return {
    address: toHex(address),
    account: toHex(unsigned.account),
    // Plain values, as its type says.
    typedData: typedData as unknown as Json,
    hash: toHex(hash),
    signature: toHex(value),
    certificate: toHex(encode(Certificate, certificate)),
  };
}

/** The form alone: these proofs prove nothing. */
function receipts(): Json {
  const ephemeralSecret = clampedSecret(fixed("ephemeral secret"));
  const receipt: Receipt = {
    version: RECEIPT_VERSION,
    genesisHeader: fixed("genesis header"),
    genesisProof: [fixed("node of genesis")],
    headers: [fixed("change of voters"), fixed("last header")],
    justifications: [fixed("first justification"), fixed("last justification")],
    cluster,
    index: 7n,
    stepProof: [fixed("node of the step")],
    blocks: [fixed("header of the command"), fixed("header of the step")],
    contract,
    commandId: fixed("command id"),
    commandProof: [fixed("node of the command")],
    opening: { command: ephemeralSecret, reply: undefined, replyBlob: undefined },
  };
  const [salt, root] = [fixed("salt").subarray(0, 16), fixed("root")];
  const entry = { key: utf8("key"), value: utf8("value"), path: fixed("path"), salt };
  const payload = fieldPayload({ genesisHash, cluster, contract, block, root, ...entry });
  const signature = ed25519Sign(fixed("boot seed"), payload);
  const { genesisHeader, genesisProof, headers, justifications } = receipt;
  const ofFields: StateReceipt = {
    version: STATE_RECEIPT_VERSION,
    ...{ genesisHeader, genesisProof, headers, justifications },
    blocks: [fixed("header of the answer")],
    cluster,
    contract,
    boot,
    stateProof: [fixed("node of the state")],
    state: { previousRoot: fixed("previous root"), trieRoot: fixed("trie root") },
    fields: [{ ...entry, proof: [fixed("node of the trie")], signature }],
  };
  return {
    inputs: { ...inputs, boot: toHex(boot), root: toHex(root) },
    clampedSecret: toHex(ephemeralSecret),
    receipt: toHex(encode(Receipt, receipt)),
    withoutOpening: toHex(encode(Receipt, withoutOpening(receipt))),
    fieldPayload: toHex(payload),
    fieldSignature: toHex(signature),
    stateReceipt: toHex(encode(StateReceipt, ofFields)),
  };
}

function queries(): Json {
  const certificate = aCertificate();
  const request = {
    nonce: fixed("nonce"),
    at: block,
    contract,
    selector: Uint8Array.of(1, 2, 3, 4),
    args: utf8("arguments"),
    fuelLimit: 1_000_000n,
    certificate,
  };
  const payload = requestPayload(genesisHash, boot, request);
  const bootEncryptionSecret = fixed("boot encryption secret");
  const { sealed, context } = sealQuery({
    genesisHash,
    boot,
    bootEncryption: x25519PublicKey(bootEncryptionSecret),
    ephemeralSecret: fixed("ephemeral secret"),
    request: { request, signature: ed25519Sign(fixed("session seed"), payload) },
  });
  const answer = {
    requestHash: requestHash(request),
    outcome: { type: "Ok" as const, value: utf8("result") },
    fuelUsed: 12_345n,
    block,
    root: fixed("root"),
    stateBlock: block,
    opened: undefined,
  };
  const signed = {
    answer,
    signature: ed25519Sign(fixed("boot seed"), answerPayload(genesisHash, answer)),
  };
  const nonce = fixed("answer nonce").subarray(0, 12);
  return {
    inputs: { ...inputs, boot: toHex(boot), bootEncryptionSecret: toHex(bootEncryptionSecret) },
    certificateText: certificateText(certificate).split("\n"),
    certificateWrapped: toHex(certificatePayloads(certificate).wrapped),
    certificateSignature: toHex(certificate.signature.value),
    typedCertificate: typedCertificate(),
    requestHash: toHex(answer.requestHash),
    requestPayload: toHex(payload),
    query: toHex(sealed.ciphertext),
    answerPayload: toHex(answerPayload(genesisHash, answer)),
    answer: toHex(sealAnswer(context, nonce, signed).ciphertext),
  };
}

function registration(): Json {
  const value: Registration = {
    genesisHash,
    identity: fixed("identity"),
    boot,
    bootEncryption: x25519PublicKey(fixed("boot encryption secret")),
    operator: fixed("operator"),
    role: { type: "Worker", value: undefined },
    version: 0x000100,
    features: 0,
    at: block,
  };
  const message = {
    sender: { type: "Worker" as const, value: value.identity },
    destination: TOPIC.heartbeat,
    payload: utf8("payload"),
  };
  return {
    inputs,
    registration: toHex(encode(Registration, value)),
    reportData: toHex(registrationReportData(value)),
    challengeNonce: toHex(fixed("challenge nonce")),
    challengeReportData: toHex(challengeReportData(value, fixed("challenge nonce"))),
    signedMessageBytes: toHex(signedMessageBytes(message, boot, 5n)),
  };
}

/** A run of three seats with threshold two, a key delivered by seats 0 and 2, and a wrap. */
function threshold(): Json {
  const [n, t] = [3, 2];
  const seats = [0, 1, 2];
  const keys = seats.map((seat) => oneTimeKeypair(fixed(`one-time key ${seat}`)));
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const run = { genesisHash, runId: 4n, generation: 3n, n, t };
  const context = dkgContext(run, publicKeys);
  const recipients = publicKeys.map((oneTimePublicKey, seat) => ({ seat, oneTimePublicKey }));
  const dealings = seats.map((seat) =>
    unwrap(
      createDealing({
        context,
        seat,
        n,
        t,
        polynomialSeed: fixed(`polynomial ${seat}`),
        entropy: fixed(`entropy ${seat}`),
        recipients,
      }),
    ),
  );
  const { rootPublicKey, sharePublicKeys, transcriptHash } = unwrap(
    aggregate({ context, n, t, dealings }),
  );
  const shareOf = (seat: number): Uint8Array => {
    const oneTimeSecret = keys[seat]?.secret ?? fixed("no seat");
    return finalShare({
      shares: dealings.map((dealing) =>
        unwrap(openDealingShare({ context, dealing, seat, oneTimeSecret })),
      ),
    });
  };
  const identity = keyIdentity({
    genesisHash,
    purpose: { type: "Cluster", value: undefined },
    generation: 3n,
    cluster,
    epoch: 7n,
  });
  const transport = transportKeypair(fixed("transport key"));
  const shares = [0, 2].map((index) => ({
    index,
    share: unwrap(
      encryptKeyShare({
        share: shareOf(index),
        rootPublicKey,
        identity,
        transportPublicKey: transport.publicKey,
        entropy32: fixed(`share ${index}`),
      }),
    ),
  }));
  const combined = unwrap(
    collectKeyShares({
      t,
      sharePublicKeys,
      rootPublicKey,
      identity,
      transportPublicKey: transport.publicKey,
      shares,
    }),
  );
  const key = unwrap(
    openEncryptedKey({
      encrypted: combined,
      transportSecret: transport.secret,
      rootPublicKey,
      identity,
    }),
  );
  const wrap = unwrap(
    ibeEncrypt({
      rootPublicKey,
      identity,
      seed32: fixed("wrap seed"),
      message: fixed("state key"),
    }),
  );
  return {
    inputs: { ...inputs, run: 4, generation: 3, epoch: 7, seats: n, threshold: t },
    oneTimeKeys: publicKeys.map(toHex),
    emptySeatKeys: seats.map((seat) => toHex(emptySeatKey(run, seat))),
    context: toHex(context),
    dealings: dealings.map((dealing) => toHex(encode(Dealing, dealing))),
    transcriptHash: toHex(transcriptHash),
    rootPublicKey: toHex(rootPublicKey),
    sharePublicKeys: sharePublicKeys.map(toHex),
    transportPublicKey: toHex(transport.publicKey),
    shares: shares.map(({ index, share }) => ({
      seat: index,
      share: toHex(encode(EncryptedKeyShareCodec, share)),
    })),
    vetKey: toHex(key),
    wrap: toHex(wrap),
  };
}
