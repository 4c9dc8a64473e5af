/** A user of the scripted network: seals commands and queries, opens what comes back. */
import {
  blake2b256,
  ecdsaFromSecret,
  ecdsaSign,
  ed25519PublicKey,
  ed25519Sign,
  ethereumAddress,
  sr25519FromSeed,
  sr25519Sign,
} from "@pha/crypto";
import {
  type Answer,
  answerKeys,
  type BlockRef,
  type Certificate,
  type Command,
  certificatePayloads,
  certificateTypedData,
  evmAccount,
  openAnswer,
  openReply,
  type QueryRequest,
  type ReplyBody,
  replyPublicKey,
  requestHash,
  requestPayload,
  type Scope,
  type SealedQuery,
  type SealingKey,
  type SignedAnswer,
  STORAGE,
  type StateStep,
  sealCommand,
  sealedBytes,
  sealQuery,
  sealSessionQuery,
  typedDataHash,
  verifyAnswer,
} from "@pha/protocol";
import {
  assert,
  concatBytes,
  encode,
  equalBytes,
  ok,
  type Result,
  toHex,
  u32,
  utf8,
} from "@pha/scale";
import { verifyProof } from "@pha/state";
import { COUNTER, countOf } from "./fake-engine.ts";
import { CLUSTER } from "./scripted-cluster.ts";
import type { ScriptedHost } from "./scripted-host.ts";
import type { ScriptedNetwork } from "./scripted-network.ts";

export const ALICE = new Uint8Array(32).fill(0xa1);

export interface SentCommand {
  readonly command: Command;
  readonly replySecret: Uint8Array;
  readonly ephemeralSecret: Uint8Array;
}

export interface CommandOptions {
  readonly contract?: Uint8Array;
  readonly selector?: Uint8Array;
  readonly argument?: number;
  readonly fuelLimit?: bigint;
  readonly origin?: Uint8Array;
  readonly sealingKey?: Uint8Array;
  /** Default: the newest. */
  readonly sealedTo?: SealingKey;
  readonly expiry?: number;
  readonly codeHash?: Uint8Array;
}

export interface QueryOptions {
  readonly contract?: Uint8Array;
  readonly selector?: Uint8Array;
  readonly at?: BlockRef;
  readonly certificate?: Certificate;
  readonly sessionSeed?: Uint8Array;
  /** Changes the request after it was signed. */
  readonly tamper?: (request: QueryRequest) => QueryRequest;
  /** Boot that the session key signs for. */
  readonly signedFor?: Uint8Array;
  /** Continues the session that this query opened. */
  readonly after?: Asked;
}

export type Asked = { readonly id: number } & (
  | {
      readonly type: "answer";
      readonly answer: Answer;
      /** Question and answer as they were hashed and signed. */
      readonly exchange: { readonly request: QueryRequest; readonly answer: SignedAnswer };
    }
  | { readonly type: "refused"; readonly code: string }
  | { readonly type: "waiting" }
);

export function createClient(network: ScriptedNetwork) {
  let counter = 0;
  const fresh = (label: string) => blake2b256(concatBytes(utf8(label), encode(u32, counter++)));
  const { chain, pallets } = network;
  const waiting = new Map<
    number,
    {
      host: ScriptedHost;
      context: ReturnType<typeof sealQuery>["context"];
      request: QueryRequest;
      sealed: SealedQuery;
    }
  >();

  function makeCommand(options: CommandOptions = {}): SentCommand {
    const contract = options.contract ?? pallets.contracts[0];
    assert(contract, "there is a contract");
    const current = options.sealedTo ?? pallets.sealingKeys(contract).at(-1);
    const sealingKey = options.sealingKey ?? current?.key;
    assert(sealingKey, "the contract has a sealing key");
    const replySecret = fresh("reply");
    const ephemeralSecret = fresh("ephemeral");
    const clear = {
      origin: options.origin ?? ALICE,
      contract,
      commandId: fresh("command"),
      generation: current?.generation ?? 1n,
      epoch: current?.epoch ?? 1n,
      codeHash: options.codeHash,
      fuelLimit: options.fuelLimit ?? 1_000_000n,
      value: 0n,
      expiry: options.expiry ?? chain.head.number + 100,
    };
    const sealed = sealCommand({
      genesisHash: chain.genesisHash,
      clear,
      body: {
        selector: options.selector ?? COUNTER.add,
        args: countOf(options.argument ?? 1),
        replyKey: replyPublicKey(replySecret),
      },
      sealingKey,
      ephemeralSecret,
    });
    assert(sealed.ok, "the command fits a bucket");
    return { command: { ...clear, sealed: sealed.value }, replySecret, ephemeralSecret };
  }

  return {
    makeCommand,
    /** Queues a command for the next block. */
    send(options: CommandOptions = {}): SentCommand {
      const sent = makeCommand(options);
      const code = pallets.command(sent.command);
      assert(code === undefined, `the chain takes the command: ${code}`);
      return sent;
    },
    /** Reply as the final step of the cluster holds it. */
    reply({ command, replySecret }: SentCommand): ReplyBody | "none" | "waiting" {
      const found = findReply(pallets.steps, command.commandId);
      if (found === undefined) return "waiting";
      if (found.sealed === undefined) return "none";
      const { value } = found.sealed;
      const blob = "digest" in value ? network.blobs.get(toHex(value.digest)) : undefined;
      const sealed = sealedBytes(found.sealed, blob);
      if (!sealed.ok) return "waiting";
      for (let number = chain.head.number; number >= 0; number--) {
        const opened = openReply({
          genesisHash: chain.genesisHash,
          commandId: command.commandId,
          sealedHash: blake2b256(command.sealed),
          block: chain.ref(number),
          sealed: sealed.value,
          replySecretKey: replySecret,
        });
        if (opened.ok) return opened.value;
      }
      throw new Error("the reply does not open at any block");
    },
    certificate(
      options: {
        scopes?: readonly Scope[];
        expiry?: number;
        genesisHash?: Uint8Array;
        /** Default: an account of sr25519. */
        of?: "address";
      } = {},
    ) {
      const account = sr25519FromSeed(blake2b256(utf8("account")));
      const pair = ecdsaFromSecret(blake2b256(utf8("account")));
      const address = pair && ethereumAddress(pair.publicKey);
      assert(address, "a hash is a secret");
      const sessionSeed = blake2b256(utf8("session"));
      const [contract] = pallets.contracts;
      assert(contract, "there is a contract");
      const body = {
        version: 1,
        genesisHash: options.genesisHash ?? chain.genesisHash,
        account: options.of === "address" ? evmAccount(address) : account.publicKey,
        sessionKey: ed25519PublicKey(sessionSeed),
        expiry: options.expiry ?? chain.head.number + 50,
        scopes: [...(options.scopes ?? [{ contract, methods: undefined }])],
        purpose: "test",
      };
      const signature = (): Certificate["signature"] => {
        if (options.of !== "address")
          return {
            type: "Sr25519",
            value: sr25519Sign(account, certificatePayloads(body).raw),
          };
        const signed = ecdsaSign(pair, typedDataHash(certificateTypedData(body, address)));
        return { type: "Eip712", value: signed.map((byte, at) => (at === 64 ? byte + 27 : byte)) };
      };
      const certificate: Certificate = { ...body, signature: signature() };
      return { certificate, sessionSeed, account: body.account };
    },
    ask(host: ScriptedHost, options: QueryOptions = {}): Asked {
      const contract = options.contract ?? pallets.contracts[0];
      assert(contract, "there is a contract");
      const request: QueryRequest = {
        nonce: fresh("nonce"),
        at: options.at ?? chain.head,
        contract,
        selector: options.selector ?? COUNTER.get,
        args: new Uint8Array(0),
        fuelLimit: 1_000_000n,
        certificate: options.certificate,
      };
      const boot = options.signedFor ?? host.boot;
      const payload = requestPayload(chain.genesisHash, boot, request);
      const signature = options.sessionSeed && ed25519Sign(options.sessionSeed, payload);
      const sent = options.tamper?.(request) ?? request;
      const former = options.after && waiting.get(options.after.id);
      const { sealed, context } = former
        ? {
            sealed: sealSessionQuery(former.sealed, former.context, { request: sent, signature }),
            context: former.context,
          }
        : sealQuery({
            genesisHash: chain.genesisHash,
            boot: host.boot,
            bootEncryption: host.bootEncryption,
            ephemeralSecret: fresh("query"),
            request: { request: sent, signature },
          });
      const id = ++counter;
      waiting.set(id, { host, context, request: sent, sealed });
      host.feed({ type: "query", id, sealed });
      return this.poll(id);
    },
    poll(id: number): Asked {
      const query = waiting.get(id);
      assert(query, "the query was asked");
      const refused = query.host.refusals.get(id);
      if (refused !== undefined) return { id, type: "refused", code: refused };
      const answered = query.host.answers.get(id);
      if (answered === undefined) return { id, type: "waiting" };
      const opened = openAnswer(query.context, answered.sealed);
      assert(opened.ok, "the answer opens");
      assert(
        verifyAnswer(chain.genesisHash, query.host.boot, opened.value),
        "the answer is signed",
      );
      const { answer } = opened.value;
      const { request } = query;
      assert(
        equalBytes(answer.requestHash, requestHash(request)),
        "the answer is for this request",
      );
      return { id, type: "answer", answer, exchange: { request, answer: opened.value } };
    },
    /** Checks the proof of an answer as a client with its own light client does. */
    proven(host: ScriptedHost, { block, root, stateBlock }: Answer): Result<undefined, string> {
      const keys = answerKeys(host.identity, host.boot, CLUSTER);
      const proof = chain.proof(block, keys);
      if (proof === undefined) return { ok: false, error: "block not of the chain" };
      const view = verifyProof({ root: chain.header(block.number).stateRoot, proof });
      if (!view.ok) return { ok: false, error: view.error.code };
      const final = view.value.get(STORAGE.root.key(CLUSTER));
      const expected = pallets.steps.find(({ newRoot }) => equalBytes(newRoot, root));
      const index = expected ? BigInt(pallets.steps.indexOf(expected)) : 0n;
      const value = encode(STORAGE.root.value, { block: stateBlock, root, index });
      if (!final.ok || final.value === undefined || !equalBytes(final.value, value))
        return { ok: false, error: "root not final at the block" };
      const lease = view.value.get(STORAGE.lease.key(host.boot));
      return lease.ok && lease.value ? ok(undefined) : { ok: false, error: "no lease" };
    },
  };
}

export type Client = ReturnType<typeof createClient>;

function findReply(steps: readonly StateStep[], commandId: Uint8Array) {
  const id = toHex(commandId);
  for (const { replies } of steps)
    for (const reply of replies) if (toHex(reply.commandId) === id) return reply;
  return undefined;
}
