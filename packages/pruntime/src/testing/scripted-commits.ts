/** Votes on roots of a scripted cluster, and the steps that a majority made final. */
import { blake2b256 } from "@pha/crypto";
import {
  commitDigest,
  type FinalRoot,
  isSameName,
  NO_ROOT,
  quorumOf,
  repliesRoot,
  replyBlobs,
  type SignedCommit,
  STORAGE,
  type StateStep,
  verifyCommit,
} from "@pha/protocol";
import { encode, equalBytes, toHex } from "@pha/scale";
import type { ScriptedChain } from "./scripted-chain.ts";
import { CLUSTER, type ScriptedCluster } from "./scripted-cluster.ts";
import type { ScriptedClusterKeys } from "./scripted-cluster-keys.ts";

export interface CommitsOptions {
  readonly chain: ScriptedChain;
  readonly cluster: ScriptedCluster;
  readonly keys: ScriptedClusterKeys;
  /** Whether operators keep a blob. */
  readonly isKept: (digest: Uint8Array) => boolean;
  readonly suspend: (boot: Uint8Array) => void;
  /** @param replies how many the step has */
  readonly onFinal: (replies: number) => void;
}

export interface ScriptedCommits {
  readonly root: FinalRoot | undefined;
  readonly steps: readonly StateStep[];
  readonly accepted: readonly SignedCommit[];
  /** Boots whose vote differed from a final root. */
  readonly dissents: readonly Uint8Array[];
  /** Which replica carried each final commit's content. */
  readonly carriers: readonly { readonly block: number; readonly boot: Uint8Array }[];
  take(signed: SignedCommit, boot: Uint8Array): string | undefined;
  /** What a majority voted and operators keep becomes final. */
  tally(): void;
}

interface Vote {
  readonly commit: SignedCommit["commit"];
  readonly digest: string;
}

interface Carried {
  readonly content: NonNullable<SignedCommit["content"]>;
  readonly boot: Uint8Array;
}

export function createScriptedCommits(options: CommitsOptions): ScriptedCommits {
  const { chain, cluster, keys, isKept, suspend } = options;
  const quorum = quorumOf(cluster.record.replication);
  const steps: StateStep[] = [];
  const accepted: SignedCommit[] = [];
  const dissents: Uint8Array[] = [];
  const carriers: { block: number; boot: Uint8Array }[] = [];
  const votes = new Map<number, Map<string, Vote>>();
  const contents = new Map<string, Carried>();
  const finals = new Map<number, string>();
  let root: FinalRoot | undefined;

  /** Votes of other epochs are void. */
  const isPresent = ({ commit }: Vote): boolean => isSameName(commit, cluster.record);

  function dissent(boot: Uint8Array): void {
    dissents.push(boot);
    suspend(boot);
  }

  function take(signed: SignedCommit, boot: Uint8Array): string | undefined {
    const { commit, content } = signed;
    const { number } = commit.block;
    if (!isSameName(commit, cluster.record)) return "StaleEpoch";
    if (!equalBytes(commit.boot, boot)) return "NotAssigned";
    if (number > chain.head.number || !equalBytes(chain.ref(number).hash, commit.block.hash))
      return "UnknownBlock";
    const key = keys.signingKeyOf(boot);
    if (key === undefined) return "NoSigningKey";
    if (!verifyCommit(signed, key)) return "BadSignature";
    accepted.push(signed);
    const digest = toHex(commitDigest(commit));
    if (root && number <= root.block.number) {
      const final = finals.get(number);
      if (final !== undefined && final !== digest) dissent(boot);
      return undefined;
    }
    const ofBlock = votes.get(number) ?? new Map<string, Vote>();
    votes.set(number, ofBlock);
    const own = ofBlock.get(toHex(boot));
    if (own && isPresent(own) && own.digest !== digest) {
      suspend(boot);
      return "Equivocation";
    }
    ofBlock.set(toHex(boot), { commit, digest });
    if (content && !contents.has(digest)) {
      const { delta } = content;
      const deltaHash = delta.type === "Blob" ? delta.value.digest : blake2b256(delta.value);
      if (!equalBytes(deltaHash, commit.deltaHash)) return "BadContent";
      if (!equalBytes(repliesRoot(content.replies), commit.repliesRoot)) return "BadContent";
      contents.set(digest, { content, boot });
    }
    tally();
    return undefined;
  }

  function tally(): void {
    const keyVersion = keys.agreedVersion;
    if (keyVersion === undefined) return;
    for (const number of [...votes.keys()].sort((a, b) => a - b)) {
      const ofBlock = [...(votes.get(number)?.values() ?? [])].filter(
        (vote) =>
          isPresent(vote) &&
          equalBytes(vote.commit.previousRoot, root?.root ?? NO_ROOT) &&
          cluster.record.replicas.some(({ boot }) => equalBytes(boot, vote.commit.boot)),
      );
      const winner = ofBlock.find(
        ({ digest }) => ofBlock.filter((one) => one.digest === digest).length >= quorum,
      );
      const carried = winner && contents.get(winner.digest);
      if (winner === undefined || carried === undefined) continue;
      const { delta, replies } = carried.content;
      const blobs = [...(delta.type === "Blob" ? [delta.value] : []), ...replyBlobs(replies)];
      if (!blobs.every(({ digest }) => isKept(digest))) continue;
      makeFinal(winner, carried, keyVersion);
      tally();
      return;
    }
  }

  function makeFinal(
    { commit, digest }: Vote,
    { content, boot }: Carried,
    keyVersion: number,
  ): void {
    const { block, newRoot, previousRoot, generation, epoch } = commit;
    const index = BigInt(steps.length);
    root = { block, root: newRoot, index };
    const named = { block, generation, epoch, keyVersion, previousRoot, newRoot };
    const step: StateStep = { ...named, ...content };
    steps.push(step);
    finals.set(block.number, digest);
    carriers.push({ block: block.number, boot });
    chain.put(STORAGE.root.key(CLUSTER), encode(STORAGE.root.value, root));
    chain.put(STORAGE.step.key(CLUSTER, index), encode(STORAGE.step.value, step));
    cluster.rootFinal(block.number);
    options.onFinal(content.replies.length);
    cluster.tell({ type: "RootFinal", value: { cluster: CLUSTER, block, root: newRoot } });
    for (const [number, ofBlock] of votes) {
      if (number > block.number) continue;
      for (const vote of ofBlock.values())
        if (isPresent(vote) && vote.digest !== digest) dissent(vote.commit.boot);
      votes.delete(number);
    }
    for (const ofBlock of votes.values()) for (const one of dissents) ofBlock.delete(toHex(one));
  }

  return {
    get root() {
      return root;
    },
    steps,
    accepted,
    dissents,
    carriers,
    take,
    tally,
  };
}
