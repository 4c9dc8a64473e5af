/**
 * Queries: opened with the boot key, checked against certificate and freshness, answered from the final root
 * (protocol §7).
 *
 * **Bounds**: `MAX_QUERIES` at once, of which `MAX_FAR` wait for a block later than the next, each forgotten after
 * `DEADLINE_MS`; certificates that verified are remembered up to
 * `KNOWN_CERTIFICATES`, `MAX_SESSIONS` sessions stay open. Every query opens a session, named by its encapsulated key:
 * a message that comes again does not open again. **Trust**: everything in a query is hostile, the host may repeat, reorder or drop it.
 */
import { blake2b256, ed25519Sign, ed25519Verify, type HpkeContext } from "@pha/crypto";
import {
  type Answer,
  answerPayload,
  type BlockRef,
  Certificate,
  isInScope,
  type OpenedFields,
  openQuery,
  openSessionQuery,
  type QueryRequest,
  requestHash,
  requestPayload,
  type SealedQuery,
  type SignedQueryRequest,
  sealAnswer,
  verifyCertificate,
} from "@pha/protocol";
import { assert, decode, encode, equalBytes, toHex } from "@pha/scale";
import type { EngineResponse } from "./engine-job.ts";
import type { Entropy } from "./entropy.ts";
import type { FinalState } from "./final-ahead.ts";
import type { Follower } from "./follower.ts";
import type { Output } from "./inputs.ts";
import type { Keys } from "./keys.ts";
import type { Membership } from "./membership.ts";
import { openFields } from "./opened-fields.ts";
import type { Replica } from "./replica.ts";

export const MAX_QUERIES = 1024;
export const DEADLINE_MS = 10_000;
const KNOWN_CERTIFICATES = 4096;
/** Queries that wait for a block later than the next. */
export const MAX_FAR = 16;
/** Sessions kept open; the least recently used goes, and its client starts a new one. */
export const MAX_SESSIONS = 4096;
/** Fuel of a query that asks for more. */
export const MAX_QUERY_FUEL = 2_000_000_000n;

interface Open {
  readonly id: number;
  readonly request: QueryRequest;
  readonly hash: Uint8Array;
  readonly context: HpkeContext;
  readonly caller: Uint8Array;
  /** Certificate of the query or of its session. */
  readonly certificate: Certificate | undefined;
  readonly since: number;
  /** Set when the engine is asked: the answer is for exactly this state and head. */
  asked:
    | { readonly replica: Replica; readonly final: FinalState; readonly block: BlockRef }
    | undefined;
  /** It runs for the second time: another root had become final before its fields were opened. */
  isRepeated: boolean;
}

interface Session {
  readonly context: HpkeContext;
  readonly caller: Uint8Array;
  readonly certificate: Certificate | undefined;
}

export interface Queries {
  take(id: number, sealed: SealedQuery): readonly Output[];
  /** @param cluster whose engine answers: no other cluster's */
  answered(
    cluster: Uint8Array,
    response: Extract<EngineResponse, { readonly type: "queried" }>,
  ): readonly Output[];
  afterBatch(): readonly Output[];
  tick(monotonicMs: number): readonly Output[];
  /** The engine that was asked is gone. */
  lost(cluster: Uint8Array): readonly Output[];
}

type Outcome = Answer["outcome"];
const NOBODY = new Uint8Array(32);
const NO_SEED = new Uint8Array(32);

export function createQueries(parts: {
  readonly follower: Follower;
  readonly keys: Keys;
  readonly entropy: Entropy;
  readonly membership: Membership;
  readonly replicaOf: (contract: Uint8Array) => Replica | undefined;
}): Queries {
  const { follower, keys, entropy, membership, replicaOf } = parts;
  const genesisHash = follower.light.genesisHash;
  const asked = new Map<number, Open>();
  const certificates = new Set<string>();
  const sessions = new Map<string, Session>();
  let behind: Open[] = [];
  let nextQuery = 1;
  let now = 0;

  function refuse(open: Pick<Open, "id" | "hash" | "context">, code: string): Output {
    return respond(open, { type: "Refused", value: code }, 0n, undefined);
  }

  function respond(
    open: Pick<Open, "id" | "hash" | "context">,
    outcome: Outcome,
    fuelUsed: bigint,
    asked: Open["asked"],
    opened?: OpenedFields,
  ): Output {
    const block = asked?.block ?? follower.head;
    const final = asked?.final;
    const answer: Answer = {
      requestHash: open.hash,
      outcome,
      fuelUsed,
      block,
      root: final?.root ?? NOBODY,
      stateBlock: final?.block ?? { number: 0, hash: NOBODY },
      opened,
    };
    const signature = ed25519Sign(keys.boot.seed, answerPayload(genesisHash, answer));
    const nonce = entropy.next().slice(0, 12);
    return {
      type: "answer",
      id: open.id,
      sealed: sealAnswer(open.context, nonce, { answer, signature }),
      proofOf: {
        block,
        identity: keys.identity.publicKey,
        boot: keys.boot.publicKey,
        cluster: asked?.replica.cluster ?? NOBODY,
      },
    };
  }

  /** Account in whose name the request is made, or why it is not accepted. */
  function callerOf({ request, signature }: SignedQueryRequest): Uint8Array | string {
    const { certificate } = request;
    if (certificate === undefined) return NOBODY;
    const known = toHex(blake2b256(encode(Certificate, certificate)));
    if (!certificates.has(known) || follower.head.number > certificate.expiry) {
      const verified = verifyCertificate(certificate, genesisHash, follower.head.number);
      if (!verified.ok) return verified.error.code;
      certificates.add(known);
      if (certificates.size > KNOWN_CERTIFICATES)
        certificates.delete(certificates.values().next().value ?? known);
    }
    if (!isInScope(certificate, request.contract, request.selector))
      return "certificate/out-of-scope";
    const payload = requestPayload(genesisHash, keys.boot.publicKey, request);
    if (signature === undefined || !ed25519Verify(certificate.sessionKey, payload, signature))
      return "query/bad-session-signature";
    return certificate.account;
  }

  function keep(name: string, session: Session): void {
    sessions.delete(name);
    sessions.set(name, session);
    if (sessions.size > MAX_SESSIONS) sessions.delete(sessions.keys().next().value ?? name);
  }

  function openFirst(id: number, name: string, sealed: SealedQuery): readonly Output[] {
    const opened = openQuery({
      genesisHash,
      bootEncryptionSecret: keys.bootEncryption.secret,
      sealed,
    });
    if (!opened.ok) return [{ type: "query-refused", id, code: opened.error.code }];
    const { request: signed, context } = opened.value;
    const { request } = signed;
    const hash = requestHash(request);
    const caller = callerOf(signed);
    if (typeof caller === "string") return [refuse({ id, hash, context }, caller)];
    const { certificate } = request;
    // Names are views of the query's frame: what is kept is copied.
    keep(name, { context, caller: caller.slice(), certificate: copyOf(certificate) });
    return run(newQuery({ id, request, hash, context, caller, certificate }));
  }

  /** Caller and certificate are the session's; a message may not bring others. */
  function openNext(
    id: number,
    name: string,
    session: Session,
    sealed: SealedQuery,
  ): readonly Output[] {
    const { context, caller, certificate } = session;
    const opened = openSessionQuery(context, sealed);
    if (!opened.ok) return [{ type: "query-refused", id, code: opened.error.code }];
    keep(name, session);
    const { request } = opened.value;
    const hash = requestHash(request);
    if (request.certificate !== undefined)
      return [refuse({ id, hash, context }, "query/second-certificate")];
    if (certificate && !isInScope(certificate, request.contract, request.selector))
      return [refuse({ id, hash, context }, "certificate/out-of-scope")];
    return run(newQuery({ id, request, hash, context, caller, certificate }));
  }

  function newQuery(query: Omit<Open, "since" | "asked" | "isRepeated">): Open {
    return { ...query, since: now, asked: undefined, isRepeated: false };
  }

  /** Who asks for a block further away than the next must not hold the pipe's window: the oldest of too many goes. */
  function wait(open: Open): readonly Output[] {
    behind.push(open);
    const far = behind.filter(({ request }) => request.at.number > follower.head.number + 1);
    const [oldest] = far;
    if (oldest === undefined || far.length <= MAX_FAR) return [];
    behind = behind.filter((other) => other !== oldest);
    return [refuse(oldest, "query/behind")];
  }

  function run(open: Open): readonly Output[] {
    const { at, contract } = open.request;
    if (at.number > follower.head.number) {
      return wait(open);
    }
    const hash = follower.hashOf(at.number);
    if (hash === undefined) return [refuse(open, "query/at-too-old")];
    if (!equalBytes(hash, at.hash)) return [refuse(open, "query/at-not-finalized")];
    if (!membership.leased()) return [refuse(open, "query/lease-expired")];
    const { certificate } = open;
    if (certificate && follower.head.number > certificate.expiry)
      return [refuse(open, "certificate/expired")];
    const replica = replicaOf(contract);
    if (replica === undefined) return [refuse(open, "query/unknown-contract")];
    const { final } = replica;
    if (final === undefined) {
      // It restores, or has not executed what the chain made final: it may soon serve.
      return wait(open);
    }
    open.asked = { replica, final, block: follower.head };
    const query = nextQuery++;
    asked.set(query, open);
    const { selector, args, fuelLimit } = open.request;
    return [
      {
        type: "engine",
        cluster: replica.cluster,
        request: {
          type: "query",
          query,
          block: { number: follower.head.number, timestampMs: follower.headTimeMs },
          call: {
            contract,
            kind: "query",
            selector,
            args,
            caller: open.caller,
            fuelLimit: fuelLimit < MAX_QUERY_FUEL ? fuelLimit : MAX_QUERY_FUEL,
            seed: NO_SEED,
          },
        },
      },
    ];
  }

  /** The answer with what the contract opened. The engine read one state, and the proof must be of the same. */
  function withFields(
    open: Open,
    at: NonNullable<Open["asked"]>,
    fields: readonly Uint8Array[],
    { output, fuelUsed }: { readonly output: Uint8Array; readonly fuelUsed: bigint },
  ): readonly Output[] {
    const { replica, final } = at;
    const { cluster } = replica;
    const view = replica.view();
    if (view === undefined || !equalBytes(view.root, final.root)) {
      if (open.isRepeated) return [refuse(open, "query/state-moved")];
      open.isRepeated = true;
      return run(open);
    }
    const { contract } = open.request;
    const bootSeed = keys.boot.seed;
    const { block } = final;
    const opened = openFields(view, {
      genesisHash,
      cluster,
      contract,
      block,
      keys: fields,
      bootSeed,
    });
    if (opened === undefined)
      return [respond(open, { type: "Trapped", value: "engine" }, fuelUsed, at)];
    return [respond(open, { type: "Ok", value: output }, fuelUsed, at, opened)];
  }

  return {
    take(id, sealed) {
      if (!equalBytes(sealed.boot, keys.boot.publicKey))
        return [{ type: "query-refused", id, code: "query/wrong-boot" }];
      if (asked.size + behind.length >= MAX_QUERIES)
        return [{ type: "query-refused", id, code: "query/overloaded" }];
      const name = toHex(sealed.enc);
      const session = sessions.get(name);
      return session === undefined
        ? openFirst(id, name, sealed)
        : openNext(id, name, session, sealed);
    },
    answered(cluster, { query, outcome, opened }) {
      const open = asked.get(query);
      if (!open?.asked || !equalBytes(open.asked.replica.cluster, cluster)) return [];
      asked.delete(query);
      // The engine may have been slow: an answer needs a lease when it is given.
      if (!membership.leased()) return [refuse(open, "query/lease-expired")];
      const { fuelUsed } = outcome;
      if (outcome.status === "ok" && opened.length > 0)
        return withFields(open, open.asked, opened, outcome);
      if (outcome.status === "ok")
        return [respond(open, { type: "Ok", value: outcome.output }, fuelUsed, open.asked)];
      if (outcome.status === "failed")
        return [respond(open, { type: "Failed", value: outcome.code }, fuelUsed, open.asked)];
      return [respond(open, { type: "Trapped", value: outcome.reason }, fuelUsed, open.asked)];
    },
    afterBatch() {
      const waiting = behind;
      behind = [];
      return waiting.flatMap(run);
    },
    tick(monotonicMs) {
      now = Math.max(now, monotonicMs);
      const outputs: Output[] = [];
      behind = behind.filter((open) => {
        if (now - open.since < DEADLINE_MS) return true;
        outputs.push(refuse(open, "query/behind"));
        return false;
      });
      for (const [query, open] of asked) {
        if (now - open.since < DEADLINE_MS) continue;
        asked.delete(query);
        outputs.push(refuse(open, "query/timed-out"));
      }
      return outputs;
    },
    lost(cluster) {
      const outputs: Output[] = [];
      for (const [query, open] of asked) {
        if (!open.asked || !equalBytes(open.asked.replica.cluster, cluster)) continue;
        asked.delete(query);
        outputs.push(refuse(open, "query/engine-restarted"));
      }
      return outputs;
    },
  };
}

function copyOf(certificate: Certificate | undefined): Certificate | undefined {
  if (certificate === undefined) return undefined;
  const copy = decode(Certificate, encode(Certificate, certificate));
  assert(copy.ok, "what was decoded encodes");
  return copy.value;
}
