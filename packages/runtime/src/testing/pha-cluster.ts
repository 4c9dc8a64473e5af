/** Gatekeepers and replicas of a test chain, played with the real cryptographic cores. */
import {
  blake2b256,
  collectKeyShares,
  Dealing,
  DealingComplaint,
  type DkgPhase,
  type DkgSeatInput,
  type DkgSeatOutput,
  type DkgSeatState,
  ed25519Sign,
  encryptKeyShare,
  IDLE_DKG_SEAT,
  type IndexedKeyShare,
  ibeEncrypt,
  openEncryptedKey,
  type Sr25519Pair,
  sr25519FromSeed,
  sr25519Sign,
  stepDkgSeat,
  transportKeypair,
  x25519PublicKey,
} from "@pha/crypto";
import type { Call } from "@pha/frame";
import {
  type BlockRef,
  ClusterKeys,
  type Command,
  type Commit,
  clusterRoot,
  commitPayload,
  DkgMessage,
  deriveClusterSigningSeed,
  deriveSealingSecret,
  deriveStateKey,
  deriveStateKeys,
  emptySeats,
  executionTag,
  type Generation,
  GenerationEvent,
  KeyRelease,
  KeyRequest,
  keyIdentity,
  type Message,
  NO_ROOT,
  type Reply,
  repliesRoot,
  SignedCommit,
  sealDelta,
  TOPIC,
} from "@pha/protocol";
import { assert, decode, encode, equalBytes, utf8 } from "@pha/scale";
import { PhaGatekeepers } from "../pha-gatekeepers/index.ts";
import { DEVELOPMENT_CLUSTER } from "../pha-genesis.ts";
import {
  COUNTER_ID,
  messageCall,
  type PhaChain,
  phaBranchOf,
  registerCall,
  type Sent,
  startPhaChain,
  type TestBoot,
  testBoot,
} from "./pha-chain.ts";

const PHASES: readonly DkgPhase[] = ["keys", "deal", "complain", "confirm"];
export const EPOCH = { generation: 1n, epoch: 1n } as const;

/** A gatekeeper's seat: hears the chain's outbound messages, says what the core says. */
export interface TestSeat {
  readonly boot: TestBoot;
  state: DkgSeatState;
  run: bigint;
  seat: number;
  identities: readonly Uint8Array[];
}

export function testSeat(boot: TestBoot): TestSeat {
  return { boot, state: IDLE_DKG_SEAT, run: 0n, seat: 0, identities: [] };
}

/** Bodies that the seat wants to say after hearing one block. */
export function hear(
  chain: PhaChain,
  seat: TestSeat,
  messages: readonly Message[],
): readonly DkgMessage["body"][] {
  const out: DkgSeatOutput[] = [];
  const step = (input: DkgSeatInput): void => {
    const next = stepDkgSeat(seat.state, input);
    seat.state = next.state;
    out.push(...next.outputs);
  };
  for (const { sender, destination, payload } of messages) {
    if (sender.type === "Pallet" && equalBytes(destination, TOPIC.generation)) {
      const event = decode(GenerationEvent, payload);
      assert(event.ok, "the chain's events decode");
      hearEvent(chain, seat, event.value, step);
    } else if (sender.type === "Worker" && equalBytes(destination, TOPIC.dkg)) {
      const dkg = decode(DkgMessage, payload);
      assert(dkg.ok && dkg.value.run === seat.run, "messages are of the run");
      assert(
        equalBytes(seat.identities[dkg.value.seat] ?? sender.value, sender.value),
        "messages come from their seat",
      );
      hearMessage(dkg.value, step);
    }
  }
  return out.flatMap(bodyOf);
}

function hearEvent(
  chain: PhaChain,
  seat: TestSeat,
  event: GenerationEvent,
  step: (input: DkgSeatInput) => void,
): void {
  if (event.type === "PhaseStarted") {
    const name = PHASES[event.value.phase];
    assert(name, "there are four phases");
    step({ type: "phase", name });
  } else if (event.type === "Activated") step({ type: "activated" });
  else if (event.type === "RunFailed") step({ type: "run-failed" });
  else if (event.type === "RunStarted") {
    const { run, generation, threshold, seats } = event.value;
    seat.run = run;
    seat.identities = seats.map(({ identity }) => identity);
    seat.seat = seats.findIndex(({ boot }) => equalBytes(boot, seat.boot.boot));
    seat.state = IDLE_DKG_SEAT;
    const entropy = blake2b256(utf8(`entropy ${run} ${seat.seat}`));
    const { genesisHash } = chain;
    step({
      type: "run-started",
      genesisHash,
      runId: run,
      generation,
      n: seats.length,
      t: threshold,
      seat: seat.seat,
      empty: emptySeats(seats),
      entropy,
    });
  }
}

function hearMessage({ seat, body }: DkgMessage, step: (input: DkgSeatInput) => void): void {
  if (body.type === "Key") step({ type: "key-published", seat, oneTimePublicKey: body.value });
  else if (body.type === "Dealing") {
    const dealing = decode(Dealing, body.value);
    if (dealing.ok) step({ type: "dealing-published", seat, dealing: dealing.value });
  } else if (body.type === "Complaint") {
    const complaint = decode(DealingComplaint, body.value);
    if (complaint.ok) step({ type: "complaint-published", seat, complaint: complaint.value });
  } else step({ type: "confirmed", seat, transcriptHash: body.value.transcriptHash });
}

function bodyOf(output: DkgSeatOutput): readonly DkgMessage["body"][] {
  switch (output.type) {
    case "publish-key":
      return [{ type: "Key", value: output.oneTimePublicKey }];
    case "publish-dealing":
      return [{ type: "Dealing", value: encode(Dealing, output.dealing) }];
    case "publish-complaint":
      return [{ type: "Complaint", value: encode(DealingComplaint, output.complaint) }];
    case "publish-confirmation": {
      const { transcriptHash, rootPublicKey: root } = output;
      return [{ type: "Confirm", value: { transcriptHash, root } }];
    }
    default:
      return [];
  }
}

export function dkgCall(chain: PhaChain, seat: TestSeat, body: DkgMessage["body"]) {
  const payload = encode(DkgMessage, { run: seat.run, seat: seat.seat, body });
  return messageCall(chain, seat.boot, TOPIC.dkg, payload);
}

export type ChangeBody = (
  seat: TestSeat,
  body: DkgMessage["body"],
) => DkgMessage["body"] | undefined;

/**
 * Lets the seats talk: until nobody has anything to say, or for as many blocks as given. `change` may alter or drop
 * what a seat says.
 */
export function runDkg(
  chain: PhaChain,
  seats: readonly TestSeat[],
  change: ChangeBody = (_, body) => body,
  blocks?: number,
): readonly Sent[] {
  const sent: Sent[] = [];
  for (let round = 0; round < (blocks ?? 12); round++) {
    const calls = wordsOf(chain, seats, change);
    if (calls.length === 0 && blocks === undefined) break;
    sent.push(...chain.sendAll(calls));
  }
  return sent;
}

/** What the seats say to the newest block. */
export function wordsOf(
  chain: PhaChain,
  seats: readonly TestSeat[],
  change: ChangeBody = (_, body) => body,
): readonly Call[] {
  const heard = chain.messages();
  return seats.flatMap((seat) =>
    hear(chain, seat, heard).flatMap((body) => {
      const said = change(seat, body);
      return said ? [dkgCall(chain, seat, said)] : [];
    }),
  );
}

export function generationOf(chain: PhaChain): Generation {
  const record = chain.runtime.env(chain.overlay).of(PhaGatekeepers).storage.Generations.get(1n);
  assert(record, "the generation is active");
  return record;
}

const keyName = (chain: PhaChain, purpose: "Cluster" | "Wrap") =>
  keyIdentity({
    genesisHash: chain.genesisHash,
    purpose: { type: purpose, value: undefined },
    cluster: DEVELOPMENT_CLUSTER,
    ...EPOCH,
  });

export interface TestRequest {
  readonly boot: TestBoot;
  readonly transport: ReturnType<typeof transportKeypair>;
}

export function testRequest(boot: TestBoot): TestRequest {
  return { boot, transport: transportKeypair(blake2b256(boot.boot)) };
}

export function keyRequestCall(
  chain: PhaChain,
  { boot, transport }: TestRequest,
  change: Partial<KeyRequest> = {},
) {
  const request: KeyRequest = {
    purpose: { type: "Cluster", value: undefined },
    cluster: DEVELOPMENT_CLUSTER,
    ...EPOCH,
    boot: boot.boot,
    transportKey: transport.publicKey,
    head: chain.head(),
    ...change,
  };
  return messageCall(chain, boot, TOPIC.keyRequest, encode(KeyRequest, request));
}

/** What the gatekeeper of a seat answers. */
export function releaseOf(
  chain: PhaChain,
  seat: TestSeat,
  { boot, transport }: TestRequest,
): KeyRelease {
  assert(seat.state.status === "active", "the seat has a share");
  const share = encryptKeyShare({
    share: seat.state.share,
    rootPublicKey: generationOf(chain).root,
    identity: keyName(chain, "Cluster"),
    transportPublicKey: transport.publicKey,
    entropy32: blake2b256(utf8("nonce")),
  });
  assert(share.ok, "the transport key is a point");
  return {
    purpose: { type: "Cluster", value: undefined },
    cluster: DEVELOPMENT_CLUSTER,
    ...EPOCH,
    boot: boot.boot,
    transportKey: transport.publicKey,
    seat: seat.seat,
    ...share.value,
  };
}

export function releaseCall(chain: PhaChain, seat: TestSeat, release: KeyRelease) {
  return messageCall(chain, seat.boot, TOPIC.keyRelease, encode(KeyRelease, release));
}

/** The cluster's key, from releases as they were on chain. */
export function openKey(
  chain: PhaChain,
  { transport }: TestRequest,
  releases: readonly KeyRelease[],
): Uint8Array {
  const { root, sharePublicKeys, threshold } = generationOf(chain);
  const identity = keyName(chain, "Cluster");
  const shares = releases.map(
    ({ seat, c1, c2, c3 }): IndexedKeyShare => ({ index: seat, share: { c1, c2, c3 } }),
  );
  const collected = collectKeyShares({
    shares,
    t: threshold,
    sharePublicKeys,
    rootPublicKey: root,
    identity,
    transportPublicKey: transport.publicKey,
  });
  assert(collected.ok, "the shares verify");
  const opened = openEncryptedKey({
    encrypted: collected.value,
    transportSecret: transport.secret,
    rootPublicKey: root,
    identity,
  });
  assert(opened.ok, "the key is the root's");
  return opened.value;
}

export interface TestKeys {
  readonly vetKey: Uint8Array;
  readonly signing: Sr25519Pair;
  readonly keys: ClusterKeys;
}

export function keysOf(chain: PhaChain, vetKey: Uint8Array): TestKeys {
  const stateKey = deriveStateKey(vetKey);
  const wrapped = ibeEncrypt({
    rootPublicKey: generationOf(chain).root,
    identity: keyName(chain, "Wrap"),
    seed32: blake2b256(stateKey),
    message: stateKey,
  });
  assert(wrapped.ok, "the root is a point");
  const signing = sr25519FromSeed(deriveClusterSigningSeed(vetKey));
  const key = x25519PublicKey(deriveSealingSecret(vetKey, COUNTER_ID));
  return {
    vetKey,
    signing,
    keys: {
      cluster: DEVELOPMENT_CLUSTER,
      ...EPOCH,
      signingKey: signing.publicKey,
      sealingKeys: [{ contract: COUNTER_ID, key }],
      versions: { newest: 0, oldest: 0 },
      wrappedStateKey: wrapped.value,
    },
  };
}

export function clusterKeysCall(chain: PhaChain, boot: TestBoot, keys: ClusterKeys) {
  return messageCall(chain, boot, TOPIC.clusterKeys, encode(ClusterKeys, keys));
}

/** A step that honest replicas compute alike. */
export interface TestStep {
  readonly block: BlockRef;
  readonly previousRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly delta: Uint8Array;
  readonly replies: readonly Reply[];
}

export function testStep(
  chain: PhaChain,
  vetKey: Uint8Array,
  block: BlockRef,
  previousRoot: Uint8Array = NO_ROOT,
  result = "honest",
  replies: readonly Reply[] = [],
): TestStep {
  const { genesisHash } = chain;
  const place = { genesisHash, cluster: DEVELOPMENT_CLUSTER };
  const root = { ...place, blockHash: block.hash, previousRoot };
  const newRoot = clusterRoot(root, blake2b256(utf8(`${result} ${block.number}`)));
  const writes: Parameters<typeof sealDelta>[2] = [];
  const stateKeys = deriveStateKeys(deriveStateKey(vetKey), { ...place, version: 0 });
  const delta = sealDelta(stateKeys, { ...root, keyVersion: 0, newRoot }, writes);
  assert(delta.ok, "a small delta has a bucket");
  return { block, previousRoot, newRoot, delta: delta.value, replies };
}

/** Trace of an honest execution, as replicas with the cluster's key make it alike. */
export function traceOf(block: number): Uint8Array {
  return blake2b256(utf8(`trace ${block}`));
}

export function signedCommit(
  chain: PhaChain,
  boot: TestBoot,
  signing: Sr25519Pair,
  step: TestStep,
  options: { readonly carries?: boolean; readonly change?: Partial<Commit> } = {},
): SignedCommit {
  const { block, previousRoot, newRoot, delta, replies } = step;
  const commit: Commit = {
    genesisHash: chain.genesisHash,
    cluster: DEVELOPMENT_CLUSTER,
    ...EPOCH,
    block,
    previousRoot,
    newRoot,
    deltaHash: blake2b256(delta),
    repliesRoot: repliesRoot(replies),
    executionTag: executionTag(boot.boot, block.hash, traceOf(block.number)),
    revealed: boot.voted,
    boot: boot.boot,
    ...options.change,
  };
  boot.voted = { block: block.number, trace: traceOf(block.number) };
  const payload = commitPayload(commit);
  return {
    commit,
    bootSignature: ed25519Sign(boot.seed, payload),
    clusterSignature: sr25519Sign(signing, payload),
    content: options.carries ? { delta: { type: "OnChain", value: delta }, replies } : undefined,
  };
}

export function commitCall(chain: PhaChain, boot: TestBoot, signed: SignedCommit) {
  return messageCall(chain, boot, TOPIC.commit, encode(SignedCommit, signed));
}

/** A chain whose cluster is live: gatekeeper and three workers registered, keys published, first root final. */
export interface LiveChain {
  readonly chain: PhaChain;
  readonly seat: TestSeat;
  readonly workers: readonly [TestBoot, TestBoot, TestBoot];
  readonly keys: TestKeys;
  readonly creation: TestStep;
}

/**
 * Both starts lead to the same chain each time, by tenths of a second of cryptography. They are made once, and every
 * test goes on from a branch of its own.
 */
let keyed: Omit<LiveChain, "creation"> | undefined;
let live: LiveChain | undefined;

/** Up to the active generation; no keys are published. */
export function startKeyed(): Omit<LiveChain, "creation"> {
  keyed ??= makeKeyed();
  return liveBranchOf(keyed);
}

export function startLive(): LiveChain {
  live ??= makeLive();
  return liveBranchOf(live);
}

/** Chain, seat and boots are copies: they change as the chain goes on. */
function liveBranchOf<T extends Omit<LiveChain, "creation">>(from: T): T {
  const [first, second, third] = from.workers;
  return {
    ...from,
    chain: phaBranchOf(from.chain),
    seat: { ...from.seat, boot: { ...from.seat.boot } },
    workers: [{ ...first }, { ...second }, { ...third }],
  };
}

function makeKeyed(): Omit<LiveChain, "creation"> {
  const chain = startPhaChain();
  chain.block();
  const workers = [testBoot(1), testBoot(2), testBoot(3)] as const;
  const gatekeeper = testBoot(0, "Gatekeeper");
  chain.sendAll([gatekeeper, ...workers].map((boot) => registerCall(chain, boot)));
  const seat = testSeat(gatekeeper);
  runDkg(chain, [seat]);
  const request = testRequest(workers[0]);
  const vetKey = openKey(chain, request, [releaseOf(chain, seat, request)]);
  return { chain, seat, workers, keys: keysOf(chain, vetKey) };
}

function makeLive(): LiveChain {
  const started = startKeyed();
  const { chain, workers, keys } = started;
  chain.sendAll(workers.map((boot) => clusterKeysCall(chain, boot, keys.keys)));
  const creation = testStep(chain, keys.vetKey, { number: 0, hash: chain.genesisHash });
  const votes = workers.map((boot, i) => {
    const signed = signedCommit(chain, boot, keys.signing, creation, { carries: i === 0 });
    return commitCall(chain, boot, signed);
  });
  chain.sendAll(votes);
  return { ...started, creation };
}

/** A command that the chain accepts; its sealed part is not for anybody to open. */
export function testCommand(
  chain: PhaChain,
  number: number,
  bucket = 256,
): Omit<Command, "origin"> {
  return {
    contract: COUNTER_ID,
    ...EPOCH,
    commandId: blake2b256(utf8(`command ${number}`)),
    codeHash: undefined,
    fuelLimit: 200_000_000n,
    value: 0n,
    expiry: chain.number() + 64,
    sealed: new Uint8Array(1 + 32 + bucket + 16).fill(1),
  };
}
