/**
 * Runs the GRANDPA voter and its gossip: feeds them blocks, messages and timers, and carries out what they say.
 *
 * One queue: an output is carried out before the next, and what comes of it waits its turn.
 *
 * **Bounds**: the queue holds what the carrying out of one input makes; timers: two a round and set, one a commit, one for what is not signed.
 */
import {
  type EquivocationProof,
  GOSSIP_MS,
  type GossipInput,
  type GossipOutput,
  GrandpaGossip,
  type GrandpaVoter,
  type Justification,
  type RoundView,
  startVoter,
  type VoteKind,
  type VotePosition,
  type VoterInput,
  type VoterOutput,
} from "@pha/consensus";
import { assert, PhaError, toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import type { ChainDatabase } from "../database/chain-database.ts";
import type { NodeLog } from "../node-log.ts";
import type { Keystore } from "../signer/keystore.ts";
import type { GrandpaNetwork } from "./grandpa-network.ts";

export interface GrandpaOptions {
  readonly chain: Chain;
  readonly database: ChainDatabase;
  /** Absent: the node follows without voting. */
  readonly keystore: Keystore | undefined;
  readonly log: NodeLog;
  /** The voter cannot go on; the node must stop. */
  readonly onFailure: (error: unknown) => void;
  /** Absent: nobody else votes, or nobody can be heard. */
  readonly network?: GrandpaNetwork;
  /** A voter voted twice in one round. */
  readonly onEquivocation?: (proof: EquivocationProof) => void;
  /** Time for a message to reach every voter. @default GOSSIP_MS */
  readonly gossipMs?: number;
  /** Pause before votes are asked for again whose signer ended. @default ASK_AGAIN_MS */
  readonly askAgainMs?: number;
}

export interface GrandpaService {
  /** Set id and round under way. */
  position(): { readonly setId: bigint; readonly round: bigint };
  /** The current round and those in the background, the current one first. */
  rounds(): readonly RoundView[];
  /** Proof of finality that sync brought, for an imported block; the voter verifies it. */
  importJustification(justification: Justification): void;
  stop(): void;
}

type Task =
  | { readonly to: "voter"; readonly input: VoterInput }
  | { readonly to: "gossip"; readonly input: GossipInput };

const ASK_AGAIN_MS = 1_000;
/** Answers of a signer that stay the same however often it is asked. */
const REFUSALS: ReadonlySet<string> = new Set([
  "signer/equivocation",
  "signer/too-old",
  "signer/too-many-keys",
  "keystore/no-key",
]);

/** @throws PhaError `grandpa/record-ahead` */
export function startGrandpa(options: GrandpaOptions): GrandpaService {
  const { chain, database, keystore, log, network, gossipMs = GOSSIP_MS } = options;
  const voter = openVoter(options, gossipMs);
  const gossip = new GrandpaGossip({ position: voter.position, gossipMs });
  const timers = new Set<NodeJS.Timeout>();
  const queue: Task[] = [];
  let isRunning = false;
  let isAskingAgain = false;
  let isStopped = false;

  const run = (task: Task): void => {
    queue.push(task);
    if (isRunning || isStopped) return;
    isRunning = true;
    try {
      for (let next = queue.shift(); next; next = queue.shift()) {
        if (next.to === "voter") voter.step(next.input).forEach(carryOut);
        else gossip.step(next.input).forEach(send);
      }
    } catch (error) {
      queue.length = 0;
      options.onFailure(error);
    } finally {
      isRunning = false;
    }
  };
  const tellGossip = (input: GossipInput): void => {
    if (network) run({ to: "gossip", input });
  };
  const afterwards = (then: () => void, afterMs: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      then();
    }, afterMs);
    timers.add(timer);
  };
  const later = (task: Task, afterMs: number): void => afterwards(() => run(task), afterMs);

  /** What is refused for good is not waited for; what a signer took with it when it ended is asked for again. */
  const onUnsigned = (error: unknown, vote: VotePosition & { readonly kind: VoteKind }): void => {
    if (isStopped) return;
    if (!(error instanceof PhaError)) {
      options.onFailure(error);
      return;
    }
    const { code, hint } = error;
    const facts = { code, kind: vote.kind, round: Number(vote.round), setId: Number(vote.setId) };
    if (REFUSALS.has(code)) {
      log.error({ ...facts, hint }, "the signer refuses a vote");
      run({ to: "voter", input: { type: "refused", ...vote } });
      return;
    }
    log.warn(facts, "a vote is not signed yet");
    if (isAskingAgain) return;
    isAskingAgain = true;
    afterwards(() => {
      isAskingAgain = false;
      run({ to: "voter", input: { type: "start" } });
    }, options.askAgainMs ?? ASK_AGAIN_MS);
  };

  const carryOut = (output: VoterOutput): void => {
    switch (output.type) {
      case "persist":
        // Durable when it returns: a vote that was signed and forgotten would be an equivocation after a crash.
        database.putVoterRecord(output.record);
        return;
      case "sign": {
        assert(keystore, "only a voter with a key is asked to sign");
        const { key, kind, round, setId, block } = output;
        keystore.vote(key, { kind, round, setId, target: block }).then(
          (signature) =>
            run({ to: "voter", input: { type: "signed", kind, round, setId, signature } }),
          (error: unknown) => onUnsigned(error, { kind, round, setId }),
        );
        return;
      }
      case "finalize": {
        const { block, justification, set } = output;
        const done = chain.finalize(block, justification, set);
        assert(done.ok, "the voter finalizes blocks of the tree");
        log.debug({ number: block.number, round: Number(justification.round) }, "finalized");
        return;
      }
      case "equivocation": {
        const { proof } = output;
        const { kind, round, authority } = proof;
        const facts = { kind, round: Number(round), authority: toHex(authority) };
        log.warn(facts, "a voter voted twice in one round");
        options.onEquivocation?.(proof);
        return;
      }
      case "set-timer":
        later({ to: "voter", input: { type: "timer", timer: output.timer } }, output.afterMs);
        return;
      case "want-block":
        network?.wantBlock(output.block);
        return;
      case "judged":
        if (output.verdict === "gossip/conflicting-finality")
          log.error({ from: output.from }, "proof of finality of another chain: voters misbehave");
        tellGossip(output);
        return;
      case "gossip-vote":
      case "gossip-commit":
      case "catch-up-answer":
      case "position":
        tellGossip(output);
        return;
    }
  };

  const send = (output: GossipOutput): void => {
    switch (output.type) {
      case "send":
        network?.send(output.peer, output.bytes);
        return;
      case "deliver":
        run({ to: "voter", input: output.input });
        return;
      case "report":
        if (output.consequence !== "none")
          network?.report(output.peer, output.code, output.consequence);
        return;
      case "set-timer":
        later({ to: "gossip", input: { type: "timer", timer: output.timer } }, output.afterMs);
        return;
    }
  };

  let isScheduled = false;
  const unsubscribe = chain.events.subscribe((event) => {
    if (event.type === "finalized" || isScheduled) return;
    isScheduled = true;
    // Later, so that everyone hears of the block before it is final.
    queueMicrotask(() => {
      isScheduled = false;
      run({ to: "voter", input: { type: "chain" } });
    });
  });
  const detach = network?.attach({
    connected: (peer) => tellGossip({ type: "peer-connected", peer }),
    disconnected: (peer) => tellGossip({ type: "peer-disconnected", peer }),
    message: (peer, bytes) => tellGossip({ type: "message", peer, bytes }),
  });
  tellGossip({ type: "start" });
  run({ to: "voter", input: { type: "start" } });

  return {
    position: () => voter.position,
    rounds: () => voter.rounds(),
    importJustification: (justification) =>
      run({ to: "voter", input: { type: "justification", justification } }),
    stop: () => {
      isStopped = true;
      unsubscribe();
      detach?.();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function openVoter({ chain, database, keystore }: GrandpaOptions, gossipMs: number): GrandpaVoter {
  const { hash, number } = chain.finalized;
  const started = startVoter({
    set: database.authoritySet(),
    isOwn: (key) => keystore?.has("gran", key) ?? false,
    finalized: { hash, number },
    record: database.voterRecord(),
    chain,
    gossipMs,
  });
  if (started.ok) return started.value;
  const { recordSetId, setId } = started.error;
  throw new PhaError("grandpa/record-ahead", "the stored votes are of a later voter set", {
    facts: { recordSetId, setId },
    hint: "the data directory is older than its votes: restore both from one copy, or use new keys",
  });
}
