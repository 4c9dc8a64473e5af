/**
 * Asks one replica and accepts its answer only when every link holds: sealed to a boot that the chain has registered and
 * assigned, answered for this request, at a block this client verified, from the root the majority voted.
 */
import { type HpkeContext, randomBytes } from "@pha/crypto";
import {
  type Answer,
  answerKeys,
  type Certificate,
  type ClusterStatus,
  type OpenedFields,
  openAnswer,
  type QueryRequest,
  type QueryResponse,
  requestHash,
  type SignedAnswer,
  STORAGE,
  sealQuery,
  verifyAnswer,
} from "@pha/protocol";
import { assert, decode, type ErrorFacts, equalBytes, PhaError, toHex } from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { Chain } from "../chain/chain.ts";
import { CLOCK_ERROR_MS, judgeLease } from "../chain/lease-alone.ts";
import type { VerifiedBlock } from "../chain/verified-heads.ts";
import { verifyField, verifyTrieRoot } from "../receipt/verify-field.ts";
import type { RootMemory } from "./root-memory.ts";
import type { Session } from "./session.ts";
import type { WorkerBoot, WorkerClient } from "./worker-client.ts";

/** A query before it is sealed. */
export interface QueryInput {
  readonly contract: Uint8Array;
  readonly cluster: Uint8Array;
  readonly selector: Uint8Array;
  readonly args: Uint8Array;
  readonly fuelLimit: bigint;
  readonly session: Session | undefined;
}

/** An answer of which every link was verified. */
export interface VerifiedAnswer {
  readonly outcome: Answer["outcome"];
  readonly fuelUsed: bigint;
  readonly block: VerifiedBlock;
  readonly root: Uint8Array;
  readonly stateBlock: Answer["stateBlock"];
  readonly boot: Uint8Array;
  /** Entries that the contract opened, checked against the root; what a receipt is made of. */
  readonly opened: OpenedFields | undefined;
  /** State of the cluster's service at the block: of one that is not live the answer is from its last final root. */
  readonly standing: ClusterStatus["type"];
  readonly freshness: Freshness;
  /** Question and answer as they were hashed and signed: what a receipt of the answer is made of. */
  readonly exchange: { readonly request: QueryRequest; readonly answer: SignedAnswer };
}

/** What says that an answer is not an old one. */
export type Freshness =
  /** It is from a block that this program verified to be final, not before the newest that it knew when it asked. */
  | { readonly by: "light-client" }
  /**
   * It is from a replica whose lease ran, by a node's word and this machine's clock: no older than a lease of at most a minute
   * and the clock's error.
   */
  | { readonly by: "lease-alone"; readonly leaseUntilMs: number; readonly clockErrorMs: number };

/** Codes with which an answer is refused, by whoever looks at it. */
export const ANSWER_REFUSALS = [
  "answer/not-opened",
  "answer/malformed",
  "answer/bad-signature",
  "answer/other-request",
  "answer/stale",
  "answer/forked",
  "answer/bad-proof",
  "answer/unproven",
  "answer/displaced-boot",
  "answer/wrong-encryption-key",
  "answer/no-lease",
  "answer/lease-over",
  "answer/lease-too-long",
  "answer/clock-differs",
  "answer/not-assigned",
  "answer/root-not-final",
  "answer/rolled-back",
  "answer/two-roots",
  "answer/bad-opening",
  "answer/too-few-operators",
  "answer/no-agreement",
] as const;
export type AnswerRefusal = (typeof ANSWER_REFUSALS)[number];

function refused(code: AnswerRefusal, message: string, facts: ErrorFacts = {}): PhaError {
  return new PhaError(code, message, {
    facts,
    hint: "The answer was thrown away. Ask another replica; a worker that does this often should be reported.",
  });
}

/** Asks one replica and verifies its answer. */
export async function queryReplica(
  chain: Chain,
  worker: WorkerClient,
  boot: WorkerBoot,
  memory: RootMemory,
  input: QueryInput,
): Promise<VerifiedAnswer> {
  const { genesisHash } = chain;
  const request = requestOf(chain, input, input.session?.certificate);
  const { sealed, context } = sealQuery({
    genesisHash,
    boot: boot.boot,
    bootEncryption: boot.bootEncryption,
    ephemeralSecret: randomBytes(32),
    request: { request, signature: input.session?.sign(boot.boot, request) },
  });
  const response = await worker.query(sealed);
  return acceptAnswer(chain, { boot, memory, input, request, context, response });
}

export function requestOf(
  chain: Chain,
  input: QueryInput,
  certificate: Certificate | undefined,
): QueryRequest {
  const { number, hash } = chain.finality.head;
  return {
    nonce: randomBytes(32),
    at: { number, hash },
    contract: input.contract,
    selector: input.selector,
    args: input.args,
    fuelLimit: input.fuelLimit,
    certificate,
  };
}

export interface ReceivedAnswer {
  readonly boot: WorkerBoot;
  readonly memory: RootMemory;
  readonly input: QueryInput;
  readonly request: QueryRequest;
  readonly context: HpkeContext;
  readonly response: QueryResponse;
  /** Roots proven before, by block: a session verifies each block's proof once. */
  readonly proven?: Map<string, Proven>;
}

/** What a proof showed of a cluster. */
export interface Proven {
  readonly root: string;
  readonly standing: ClusterStatus["type"];
  /** Chain time until which the boot may answer, and that of the block, in Unix milliseconds. */
  readonly leaseUntilMs: bigint;
  readonly chainMs: bigint;
}

/** Everything that must hold before an answer is believed. */
export async function acceptAnswer(
  chain: Chain,
  received: ReceivedAnswer,
): Promise<VerifiedAnswer> {
  const { genesisHash } = chain;
  const { boot, memory, input, request, context, response, proven } = received;
  const { at } = request;
  const opened = openAnswer(context, response.sealed);
  if (!opened.ok) throw refused(opened.error.code, "the answer was not sealed for this request");
  const { answer } = opened.value;
  if (!verifyAnswer(genesisHash, boot.boot, opened.value))
    throw refused("answer/bad-signature", "the answer is not signed by the worker's boot key");
  if (!equalBytes(answer.requestHash, requestHash(request)))
    throw refused("answer/other-request", "the answer belongs to another request");
  if (answer.outcome.type === "Refused") throw refusedBy(answer.outcome.value);
  if (answer.block.number < at.number)
    throw refused("answer/stale", "the answer is older than the block it was asked at", {
      asked: at.number,
      answered: answer.block.number,
    });
  const block = await verifiedBlock(chain, answer);
  const place = toHex(block.hash);
  const root = toHex(answer.root);
  let known = proven?.get(place);
  if (known?.root !== root) {
    known = { root, ...proveAnswer(block, response.proof, boot, input.cluster, answer) };
    proven?.clear();
    proven?.set(place, known);
  }
  const freshness = freshnessOf(chain, known);
  checkOpened(genesisHash, received, answer);
  memory.check(input.contract, answer);
  return {
    outcome: answer.outcome,
    fuelUsed: answer.fuelUsed,
    block,
    root: answer.root,
    stateBlock: answer.stateBlock,
    boot: boot.boot,
    opened: answer.opened,
    standing: known.standing,
    freshness,
    exchange: { request, answer: opened.value },
  };
}

/** Without a light client the lease must run by this machine's clock, each time. */
function freshnessOf({ finality }: Chain, { leaseUntilMs: untilMs, chainMs }: Proven): Freshness {
  if (finality.leaseAlone === undefined) return { by: "light-client" };
  const nowMs = finality.leaseAlone.nowMs();
  const verdict = judgeLease({ untilMs, chainMs }, nowMs);
  if (verdict.ok)
    return {
      by: "lease-alone",
      leaseUntilMs: Number(untilMs),
      clockErrorMs: CLOCK_ERROR_MS,
    };
  throw new PhaError(verdict.code, "the replica's lease does not run by this machine's clock", {
    facts: { leaseUntilMs: untilMs.toString(), chainMs: chainMs.toString(), clockMs: nowMs },
    hint: "Set this machine's clock; if it is right, the node or the replica lives in the past: use another one.",
  });
}

async function verifiedBlock(chain: Chain, answer: Answer): Promise<VerifiedBlock> {
  await chain.finality.reach(answer.block.number);
  const block = chain.finality.block(answer.block.number);
  if (block === undefined || !equalBytes(block.hash, answer.block.hash))
    throw refused("answer/forked", "the answer is from a block that is not finalized here", {
      block: answer.block.number,
      claimed: toHex(answer.block.hash),
    });
  return block;
}

/** Boot registered and assigned, lease running, root final: all read under the verified block's state root. */
function proveAnswer(
  block: VerifiedBlock,
  proof: readonly Uint8Array[],
  boot: WorkerBoot,
  cluster: Uint8Array,
  answer: Answer,
): Omit<Proven, "root"> {
  const view = verifyProof({ root: block.stateRoot, proof });
  if (!view.ok) throw refused("answer/bad-proof", "the proof beside the answer is wrong");
  const value = (key: Uint8Array): Uint8Array => {
    const found = view.value.get(key);
    if (!found.ok || found.value === undefined)
      throw refused("answer/unproven", "the proof beside the answer leaves something out");
    return found.value;
  };
  const [bootKey, leaseKey, clusterKey, rootKey, nowKey] = answerKeys(
    boot.identity,
    boot.boot,
    cluster,
  );
  assert(
    bootKey && leaseKey && clusterKey && rootKey && nowKey,
    "an answer is proven by five keys",
  );
  const record = decode(STORAGE.boot.value, value(bootKey));
  if (!record.ok || !equalBytes(record.value.registration.boot, boot.boot))
    throw refused("answer/displaced-boot", "the worker's boot is not the one the chain serves");
  if (!equalBytes(record.value.registration.bootEncryption, boot.bootEncryption))
    throw refused("answer/wrong-encryption-key", "the worker gave another key than it registered");
  const lease = decode(STORAGE.lease.value, value(leaseKey));
  const now = decode(STORAGE.now.value, value(nowKey));
  if (!lease.ok || !now.ok || lease.value.until <= now.value)
    throw refused("answer/no-lease", "the worker's lease had run out when it answered", {
      block: block.number,
    });
  const members = decode(STORAGE.cluster.value, value(clusterKey));
  const assigned =
    members.ok && members.value.replicas.some((replica) => equalBytes(replica.boot, boot.boot));
  if (!members.ok || !assigned)
    throw refused("answer/not-assigned", "the worker is not a replica of the cluster");
  const root = decode(STORAGE.root.value, value(rootKey));
  if (!root.ok || !equalBytes(root.value.root, answer.root))
    throw refused(
      "answer/root-not-final",
      "the answer is not from the root that the majority voted",
    );
  return {
    standing: members.value.status.type,
    leaseUntilMs: lease.value.until,
    chainMs: now.value,
  };
}

/** Every entry must be in the root that the chain has as final, and signed for the contract that was asked. */
function checkOpened(
  genesisHash: Uint8Array,
  { boot, input: { contract, cluster } }: ReceivedAnswer,
  { opened, root, stateBlock: block }: Answer,
): void {
  if (opened === undefined) return;
  const context = { genesisHash, cluster, contract, root, block, boot: boot.boot };
  const { state, fields } = opened;
  const checks = [
    verifyTrieRoot(context, state),
    ...fields.map((field) => verifyField(context, state.trieRoot, field)),
  ];
  for (const check of checks)
    if (!check.ok)
      throw refused("answer/bad-opening", "an entry that the answer opens is not in the state", {
        reason: check.error.code,
      });
}

function refusedBy(code: string): PhaError {
  const hints: Readonly<Record<string, string>> = {
    "certificate/expired":
      "Create a new session; the SDK asks the account to sign a new certificate.",
    "certificate/out-of-scope": "Create a session whose scopes include this query.",
    "certificate/bad-signature": "Sign the certificate with the account it names.",
    "query/bad-session-signature": "Sign requests with the session key that the certificate names.",
    "query/behind": "The worker has not seen your newest block yet; try again or ask another one.",
    "query/state-moved": "The state changed twice while the query ran; ask again.",
    "query/lease-expired": "The chain does not vouch for this worker now; ask another replica.",
  };
  return new PhaError(code, `the worker refused the query: ${code}`, {
    facts: { code },
    hint: hints[code] ?? "Try again, or another replica of the cluster.",
  });
}
