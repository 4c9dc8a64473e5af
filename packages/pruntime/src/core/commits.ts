/** A replica's votes: signing a step, carrying its content in turn, waiting for the quorum (protocol §6). */
import { ed25519Sign, sr25519SignDeterministic } from "@pha/crypto";
import {
  type BlockRef,
  type Cluster,
  type Commit,
  carrierIndex,
  commitPayload,
  executionTag,
  type Replica,
  type Reply,
  repliesRoot,
  SignedCommit,
  TOPIC,
} from "@pha/protocol";
import { encode, equalBytes } from "@pha/scale";
import type { BlobDesk } from "./blob-desk.ts";
import type { Entropy } from "./entropy.ts";
import type { Output } from "./inputs.ts";
import type { Keys } from "./keys.ts";
import type { Outbox } from "./outbox.ts";
import { type ExecutedStep, type ReplicaState, stepDelta } from "./replica-state.ts";

/** Blocks without finality after which the next replica carries the content. */
const CARRY_AFTER_BLOCKS = 4;
/** Blocks after which the oldest vote is sent again: the chain may have refused it, for want of keys for example. */
const SEND_AGAIN_BLOCKS = 8;

interface Pending {
  readonly step: ExecutedStep;
  readonly job: number;
  readonly commit: Commit;
  readonly signatures: Pick<SignedCommit, "bootSignature" | "clusterSignature">;
  readonly replies: readonly Reply[];
  carried: boolean;
  /** Head when it was sent last. */
  sentAt: number;
}

export interface Commits {
  readonly pending: number;
  vote(input: {
    readonly step: ExecutedStep;
    readonly job: number;
    readonly replies: readonly Reply[];
    /** Contents of the replies that are blobs. */
    readonly replyBlobs: readonly { readonly digest: Uint8Array; readonly content: Uint8Array }[];
    /** Keyed digest over fuel and writes of the execution. */
    readonly trace: Uint8Array;
    readonly cluster: Uint8Array;
    readonly record: Cluster;
    readonly state: ReplicaState;
    readonly genesisHash: Uint8Array;
    /** Number of the finalized head. */
    readonly head: number;
    /** The root is final already: nothing to vote on. */
    readonly alreadyFinal: boolean;
  }): readonly Output[];
  /** The job that is final with this root, or a verdict that ours differs. */
  final(block: BlockRef, root: Uint8Array): "unknown" | "differs" | { readonly job: number };
  /** Carries the content of the oldest vote when those whose turn it was did not, and repeats a vote in vain. */
  afterBatch(head: number, record: Cluster): readonly Output[];
  reset(): void;
}

export function createCommits(parts: {
  readonly keys: Keys;
  readonly entropy: Entropy;
  readonly outbox: Outbox;
  readonly desk: BlobDesk;
  /** Those who carry the content in turn. */
  readonly votersOf: (record: Cluster) => readonly Replica[];
}): Commits {
  const { keys, entropy, outbox, desk, votersOf } = parts;
  let pending: Pending[] = [];
  /** Of the vote that was sent last. */
  let lastTrace: Commit["revealed"];

  function send(vote: Pending): Output {
    const content = vote.carried
      ? { delta: stepDelta(vote.step), replies: vote.replies }
      : undefined;
    const signed: SignedCommit = { commit: vote.commit, ...vote.signatures, content };
    return outbox.send(TOPIC.commit, encode(SignedCommit, signed));
  }

  function isTurn(record: Cluster, turn: number): boolean {
    const voters = votersOf(record);
    const carrier = voters[carrierIndex(turn, voters.length)];
    return carrier !== undefined && equalBytes(carrier.identity, keys.identity.publicKey);
  }

  return {
    get pending() {
      return pending.length;
    },
    vote(input) {
      const { step, job, replies, record, cluster, genesisHash, state } = input;
      const { block, previousRoot, newRoot, deltaHash } = step;
      const commit: Commit = {
        genesisHash,
        cluster,
        generation: record.generation,
        epoch: record.epoch,
        block,
        previousRoot,
        newRoot,
        deltaHash,
        repliesRoot: repliesRoot(replies),
        executionTag: executionTag(keys.boot.publicKey, block.hash, input.trace),
        revealed: lastTrace,
        boot: keys.boot.publicKey,
      };
      if (input.alreadyFinal) return [];
      lastTrace = { block: block.number, trace: input.trace };
      const payload = commitPayload(commit);
      const vote: Pending = {
        step,
        job,
        commit,
        replies,
        signatures: {
          bootSignature: ed25519Sign(keys.boot.seed, payload),
          clusterSignature: sr25519SignDeterministic(state.signing, payload, entropy.next()),
        },
        carried: isTurn(record, block.number),
        sentAt: input.head,
      };
      pending.push(vote);
      const inBlob = stepDelta(step).type === "Blob";
      return [
        send(vote),
        ...(inBlob ? [desk.give("Delta", cluster, deltaHash, step.delta)] : []),
        ...input.replyBlobs.map(({ digest, content }) =>
          desk.give("Reply", cluster, digest, content),
        ),
        { type: "log", event: "commit-sent", block: block.number, subject: cluster },
      ];
    },
    final(block, root) {
      const index = pending.findIndex(({ step }) => step.block.number === block.number);
      const vote = pending[index];
      if (vote === undefined) return "unknown";
      if (!equalBytes(vote.step.newRoot, root)) return "differs";
      pending = pending.slice(index + 1);
      return { job: vote.job };
    },
    afterBatch(head, record) {
      const oldest = pending[0];
      if (oldest === undefined) return [];
      const turns = Math.floor((head - oldest.step.block.number) / CARRY_AFTER_BLOCKS);
      const takesTurn = turns > 0 && isTurn(record, oldest.step.block.number + turns);
      const carries = !oldest.carried && takesTurn;
      if (!carries && head < oldest.sentAt + SEND_AGAIN_BLOCKS) return [];
      oldest.carried ||= carries;
      oldest.sentAt = head;
      return [send(oldest)];
    },
    reset() {
      pending = [];
      // Under another key the block that comes next may be the same once more, with another trace.
      lastTrace = undefined;
    },
  };
}
