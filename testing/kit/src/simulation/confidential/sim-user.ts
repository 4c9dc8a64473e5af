/**
 * A user of the simulated network: seals commands, opens replies, asks workers, and knows what must come out.
 *
 * What the contract must hold follows from the replies of final steps in their order; each is checked as it comes.
 */
import { blake2b256 } from "@pha/crypto";
import type { Call } from "@pha/frame";
import {
  answerKeys,
  type Command,
  type FinalRoot,
  MAX_ON_CHAIN_REPLY_BYTES,
  openAnswer,
  openReply,
  type QueryRequest,
  replyPublicKey,
  requestHash,
  STORAGE,
  type StateStep,
  sealCommand,
  sealedBytes,
  sealQuery,
  verifyAnswer,
} from "@pha/protocol";
import { COUNTER, countOf, type ScriptedHost } from "@pha/pruntime/testing";
import { DEVELOPMENT_CLUSTER } from "@pha/runtime";
import { concatBytes, decode, encode, equalBytes, toHex, u32, u64, utf8 } from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { SeededRandom } from "../seeded-random.ts";
import type { Outcome, RuntimeChain } from "./runtime-chain.ts";

export const USER = "//Bob";
const FUEL = 1_000_000n;
const EXPIRY_BLOCKS = 400;

interface Sent {
  readonly command: Command;
  readonly replySecret: Uint8Array;
  /** What it adds; absent: it keeps a marked text. */
  readonly add: number | undefined;
  readonly text: Uint8Array;
  isDone: boolean;
}

export interface SimUser {
  /** Commands for the next block. */
  commands(): readonly Call[];
  /** What the chain made of them. */
  heard(outcomes: readonly Outcome[]): void;
  /** Opens what became final; tells what is wrong with it. */
  followFinal(): string | undefined;
  /** Asks a worker; tells what is wrong with its answer. A refusal is none. */
  ask(host: ScriptedHost): string | undefined;
  readonly accepted: number;
  readonly refused: number;
  readonly open: number;
  /** Replies that were read, and answers that were right. */
  readonly replies: number;
  /** Of the replies those that were blobs. */
  readonly blobs: number;
  readonly notOpened: number;
  readonly answers: number;
  readonly total: bigint;
}

/** Every fifth text is longer than a commit carries in a reply. */
function fillerOf(count: number): Uint8Array {
  return new Uint8Array(count % 5 === 0 ? MAX_ON_CHAIN_REPLY_BYTES : 0);
}

export function createSimUser(
  chain: RuntimeChain,
  contract: Uint8Array,
  { random, mark }: { readonly random: SeededRandom; readonly mark: Uint8Array },
): SimUser {
  let fresh = 0;
  const unique = (what: string) => blake2b256(concatBytes(mark, utf8(what), encode(u32, fresh++)));
  const accepted = new Map<string, Sent>();
  let waiting: Sent[] = [];
  let [refused, replies, blobs, notOpened, answers, queries] = [0, 0, 0, 0, 0, 0];
  let nextIndex = 0n;
  let total = 0n;
  /** What the counter is at each final root. */
  const totals = new Map<string, bigint>();

  function makeCommand(): Sent | undefined {
    const keys = chain.get(STORAGE.sealingKeys.key(contract));
    const known = keys && decode(STORAGE.sealingKeys.value, keys);
    const newest = known?.ok ? known.value.at(-1) : undefined;
    if (newest === undefined) return undefined;
    const replySecret = unique("reply");
    const add = random.chance(0.6) ? random.between(1, 1_000) : undefined;
    const text = concatBytes(mark, encode(u32, fresh++), fillerOf(fresh));
    const clear = {
      origin: chain.account(USER),
      contract,
      commandId: unique("command"),
      generation: newest.generation,
      epoch: newest.epoch,
      codeHash: undefined,
      fuelLimit: FUEL,
      value: 0n,
      expiry: chain.head.number + EXPIRY_BLOCKS,
    };
    const sealed = sealCommand({
      genesisHash: chain.genesisHash,
      clear,
      body: {
        selector: add === undefined ? COUNTER.keep : COUNTER.add,
        args: add === undefined ? text : concatBytes(countOf(add), text),
        replyKey: replyPublicKey(replySecret),
      },
      sealingKey: newest.key,
      ephemeralSecret: unique("ephemeral"),
    });
    if (!sealed.ok) return undefined;
    return { command: { ...clear, sealed: sealed.value }, replySecret, add, text, isDone: false };
  }

  function readReply(step: StateStep, reply: StateStep["replies"][number]): string | undefined {
    const sent = accepted.get(toHex(reply.commandId));
    if (sent === undefined) return "a reply to a command that the chain did not take";
    if (sent.isDone) return "a command ran twice";
    sent.isDone = true;
    if (reply.sealed === undefined) {
      notOpened++;
      return "a command that the chain took was not opened";
    }
    const { value } = reply.sealed;
    const blob = "digest" in value ? chain.blobs.get(toHex(value.digest)) : undefined;
    const sealed = sealedBytes(reply.sealed, blob);
    if (!sealed.ok) return "nobody keeps the blob of a final reply";
    if (reply.sealed.type === "Blob") blobs++;
    const opened = openReply({
      genesisHash: chain.genesisHash,
      commandId: reply.commandId,
      sealedHash: blake2b256(sent.command.sealed),
      block: step.block,
      sealed: sealed.value,
      replySecretKey: sent.replySecret,
    });
    if (!opened.ok) return "a reply does not open";
    replies++;
    if (opened.value.outcome.type !== "Ok")
      return `a command ended as ${opened.value.outcome.type}`;
    const output = opened.value.outcome.value;
    if (sent.add === undefined)
      return equalBytes(output, sent.text) ? undefined : "a text came back as another";
    total += BigInt(sent.add);
    return equalBytes(output, encode(u64, total)) ? undefined : "a sum is wrong";
  }

  function proven(host: ScriptedHost, root: FinalRoot, block: number): boolean {
    const ref = chain.ref(block);
    const proof = chain.proof(ref, answerKeys(host.identity, host.boot, DEVELOPMENT_CLUSTER));
    const view = proof && verifyProof({ root: chain.header(block).stateRoot, proof });
    if (!view?.ok) return false;
    const final = view.value.get(STORAGE.root.key(DEVELOPMENT_CLUSTER));
    const lease = view.value.get(STORAGE.lease.key(host.boot));
    const boot = view.value.get(STORAGE.boot.key(host.identity));
    if (!final.ok || final.value === undefined || !lease.ok || !lease.value) return false;
    if (!boot.ok || boot.value === undefined) return false;
    const record = decode(STORAGE.boot.value, boot.value);
    const known = decode(STORAGE.root.value, final.value);
    return (
      record.ok &&
      equalBytes(record.value.registration.boot, host.boot) &&
      known.ok &&
      equalBytes(known.value.root, root.root)
    );
  }

  return {
    commands() {
      const count = random.chance(0.5) ? random.between(1, 3) : 0;
      waiting = Array.from({ length: count }, makeCommand).filter((sent) => sent !== undefined);
      return waiting.map(({ command: { origin: _, ...args } }) =>
        chain.runtime.tx.PhalaPhatContracts.push_command(args),
      );
    },
    heard(outcomes) {
      for (const [i, sent] of waiting.entries())
        if (outcomes[i] === undefined) accepted.set(toHex(sent.command.commandId), sent);
        else refused++;
      waiting = [];
    },
    followFinal() {
      for (;;) {
        const steps = chain.steps(DEVELOPMENT_CLUSTER, nextIndex);
        for (const step of steps) {
          nextIndex += 1n;
          for (const reply of step.replies) {
            const wrong = readReply(step, reply);
            if (wrong) return wrong;
          }
          totals.set(toHex(step.newRoot), total);
        }
        if (steps.length === 0) return undefined;
      }
    },
    ask(host) {
      const at = chain.head;
      const request: QueryRequest = {
        nonce: unique("nonce"),
        at,
        contract,
        selector: COUNTER.get,
        args: new Uint8Array(0),
        fuelLimit: FUEL,
        certificate: undefined,
      };
      const { sealed, context } = sealQuery({
        genesisHash: chain.genesisHash,
        boot: host.boot,
        bootEncryption: host.bootEncryption,
        ephemeralSecret: unique("query"),
        request: { request, signature: undefined },
      });
      const id = ++queries;
      host.feed({ type: "query", id, sealed });
      const answered = host.answers.get(id);
      if (answered === undefined) return undefined;
      const opened = openAnswer(context, answered.sealed);
      if (!opened.ok) return "an answer does not open";
      const { answer } = opened.value;
      if (!verifyAnswer(chain.genesisHash, host.boot, opened.value))
        return "an answer is not signed";
      if (!equalBytes(answer.requestHash, requestHash(request)))
        return "an answer to another request";
      if (answer.outcome.type === "Refused") return undefined;
      if (answer.outcome.type !== "Ok") return `a query ended as ${answer.outcome.type}`;
      if (answer.block.number < at.number) return "an answer is older than its request";
      // What the client of a displaced or forged boot would refuse; no harm is done.
      const root = { block: answer.stateBlock, root: answer.root, index: 0n };
      if (!proven(host, root, answer.block.number)) return undefined;
      const expected = totals.get(toHex(answer.root));
      if (expected === undefined) return "an answer from a root that is not final";
      answers++;
      return equalBytes(answer.outcome.value, encode(u64, expected))
        ? undefined
        : "an answer is wrong";
    },
    get accepted() {
      return accepted.size;
    },
    get open() {
      return [...accepted.values()].filter(({ isDone }) => !isDone).length;
    },
    get refused() {
      return refused;
    },
    get replies() {
      return replies;
    },
    get blobs() {
      return blobs;
    },
    get notOpened() {
      return notOpened;
    },
    get answers() {
      return answers;
    },
    get total() {
      return total;
    },
  };
}
