/**
 * Many queries to one replica over one connection and one HPKE context (protocol §7): certificate and session key are
 * shown in the first message, later ones are numbered by the context. Every answer is checked as a single one is.
 */
import { type HpkeContext, randomBytes } from "@pha/crypto";
import { type SealedQuery, sealQuery, sealSessionQuery } from "@pha/protocol";
import { encode, PhaError } from "@pha/scale";
import type { Client } from "../client.ts";
import {
  DEFAULT_QUERY_FUEL,
  type EntryCodecs,
  type QueryOptions,
  type QueryResult,
  queryResult,
  selectorOf,
} from "./contract.ts";
import { acceptAnswer, type Proven, requestOf } from "./query.ts";
import { type BinarySocketClass, openQueryChannel } from "./query-channel.ts";
import type { Session } from "./session.ts";

/** Which contract is asked, and by whom. */
export interface QuerySessionOptions {
  readonly address: Uint8Array;
  readonly entries: EntryCodecs;
  /** Absent: anonymous. */
  readonly session?: Session;
  /** Class to use where there is no global one (Node 20). */
  readonly webSocket?: BinarySocketClass;
}

/** Many queries to one replica over one connection. */
export interface QuerySession {
  /** Boot that answers. */
  readonly boot: Uint8Array;
  query(
    name: string,
    args: unknown,
    options?: Pick<QueryOptions, "fuelLimit" | "receipt">,
  ): Promise<QueryResult>;
  close(): void;
}

/** Picks a replica that the chain has assigned and verified, and opens a session with it. */
export async function openQuerySession(
  client: Client,
  options: QuerySessionOptions,
): Promise<QuerySession> {
  const { address, entries, session } = options;
  const Socket: BinarySocketClass | undefined = options.webSocket ?? globalThis.WebSocket;
  if (Socket === undefined)
    throw new PhaError("rpc/no-websocket", "this platform has no WebSocket", {
      hint: "On Node 20 give the class of the npm package `ws` as `webSocket`.",
    });
  const { chain, memory } = client;
  const cluster = await client.clusterOf(address);
  const replicas = await client.replicasOf(address, cluster);
  const replica = replicas[Math.floor(Math.random() * replicas.length)];
  if (replica === undefined)
    throw new PhaError("worker/none-reachable", "no replica of the contract is in reach", {
      hint: "Give the URL of a worker host that serves the contract's cluster.",
    });
  const { worker, boot } = replica;
  const channel = await openQueryChannel(worker.url, Socket);
  const proven = new Map<string, Proven>();
  let opened: { readonly first: SealedQuery; readonly context: HpkeContext } | undefined;

  return {
    boot: boot.boot,
    async query(name, args, options = {}) {
      const { fuelLimit = DEFAULT_QUERY_FUEL } = options;
      const entry = entries[name];
      if (entry?.kind !== "query")
        throw new PhaError("abi/unknown-method", `the contract has no query ${name}`, {
          facts: { method: name },
          hint: "See the contract's ABI for its queries.",
        });
      const input = {
        contract: address,
        cluster,
        selector: selectorOf(name),
        args: encode(entry.args, args),
        fuelLimit,
        session,
      };
      const request = requestOf(chain, input, opened ? undefined : session?.certificate);
      let sealed: SealedQuery;
      if (opened === undefined) {
        const made = sealQuery({
          genesisHash: chain.genesisHash,
          boot: boot.boot,
          bootEncryption: boot.bootEncryption,
          ephemeralSecret: randomBytes(32),
          request: { request, signature: session?.sign(boot.boot, request) },
        });
        ({ sealed } = made);
        opened = { first: sealed, context: made.context };
      } else {
        const signed = { request, signature: undefined };
        sealed = sealSessionQuery(opened.first, opened.context, signed);
      }
      const { context } = opened;
      const response = await channel.ask(sealed);
      const answer = await acceptAnswer(chain, {
        boot,
        memory,
        input,
        request,
        context,
        response,
        proven,
      });
      const { returns } = entry;
      return queryResult(chain, { address, cluster, returns, answer, agreed: 1 }, options);
    },
    close: () => channel.close(),
  };
}
