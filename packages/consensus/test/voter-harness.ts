/** A voter with a tree of headers, a disk and a key around it, stepped by a test. */
import { ed25519Sign } from "@pha/crypto";
import { equalBytes, toHex } from "@pha/scale";
import {
  type AuthoritySet,
  type BlockRef,
  bytesKey,
  ForkTree,
  type GrandpaRules,
  type GrandpaVoter,
  type Header,
  headerHash,
  type Justification,
  startVoter,
  type VoterInput,
  type VoterOutput,
  type VoterRecord,
} from "../src/index.ts";
import { refOf, type Voter } from "./chain-builder.ts";

export interface Finalized {
  readonly headers: readonly Header[];
  readonly justification: Justification;
}

export interface HarnessOptions {
  readonly set: AuthoritySet;
  /** Absent: follows. */
  readonly voter: Voter | undefined;
  readonly genesis: Header;
  readonly rules?: GrandpaRules;
  readonly name?: string;
}

export class VoterHarness {
  readonly tree: ForkTree<Header>;
  readonly headers = new Map<string, Header>();
  readonly finalizations: Finalized[] = [];
  /** Outputs that are for others, since they were last taken. */
  outbox: VoterOutput[] = [];
  record: VoterRecord | undefined;
  set: AuthoritySet;
  core: GrandpaVoter;
  /** Counts outputs down; the one that reaches zero is not carried out, nor any after it. */
  crashIn = Number.POSITIVE_INFINITY;
  isCrashed = false;
  /** Payloads by round and kind: a second one is an equivocation. */
  readonly signed = new Map<string, string>();
  readonly #options: HarnessOptions;

  constructor(options: HarnessOptions) {
    this.#options = options;
    this.tree = new ForkTree(refOf(options.genesis));
    this.headers.set(bytesKey(headerHash(options.genesis)), options.genesis);
    this.set = options.set;
    this.core = this.#open();
    this.step({ type: "start" });
  }

  insert(...headers: readonly Header[]): void {
    for (const header of headers) {
      const block = { ...refOf(header), parentHash: header.parentHash, primary: true };
      const inserted = this.tree.insert({ ...block, data: header });
      if (!inserted.ok) throw new Error(inserted.error.code);
      this.headers.set(bytesKey(block.hash), header);
    }
  }

  import(...headers: readonly Header[]): readonly VoterOutput[] {
    this.insert(...headers);
    return this.step({ type: "chain" });
  }

  /** Carries out everything that comes of an input; returns all outputs. */
  step(input: VoterInput): readonly VoterOutput[] {
    const queue: VoterInput[] = [input];
    const all: VoterOutput[] = [];
    for (let next = queue.shift(); next && !this.isCrashed; next = queue.shift())
      for (const output of this.core.step(next)) {
        if (this.crashIn-- <= 0) {
          this.isCrashed = true;
          return all;
        }
        all.push(output);
        const answer = this.#carryOut(output);
        if (answer) queue.push(answer);
      }
    return all;
  }

  /** Starts again from the disk. */
  restart(): void {
    this.isCrashed = false;
    this.crashIn = Number.POSITIVE_INFINITY;
    this.core = this.#open();
    this.step({ type: "start" });
    this.step({ type: "chain" });
  }

  get finalized(): BlockRef {
    return this.tree.root;
  }

  #open(): GrandpaVoter {
    const { voter, rules } = this.#options;
    const started = startVoter({
      set: this.set,
      isOwn: (key) => voter !== undefined && equalBytes(key, voter.key),
      finalized: this.tree.root,
      record: this.record,
      chain: {
        header: (hash) => this.headers.get(bytesKey(hash)),
        bestContaining: (hash) => this.tree.bestContaining(hash),
      },
      ...(rules ? { rules } : {}),
    });
    if (!started.ok) throw new Error(started.error.code);
    return started.value;
  }

  #carryOut(output: VoterOutput): VoterInput | undefined {
    switch (output.type) {
      case "persist":
        this.record = output.record;
        return undefined;
      case "sign":
        return this.#sign(output);
      case "finalize": {
        const { block, justification, set } = output;
        const done = this.tree.finalize(block.hash);
        if (!done.ok) throw new Error(done.error.code);
        this.set = set;
        this.finalizations.push({
          headers: done.value.finalized.map(({ data }) => data),
          justification,
        });
        return undefined;
      }
      default:
        this.outbox.push(output);
        return undefined;
    }
  }

  #sign({ kind, round, setId, payload }: VoterOutput & { readonly type: "sign" }): VoterInput {
    const { voter } = this.#options;
    if (!voter) throw new Error("a follower was asked to sign");
    const slot = `${kind} ${round} ${setId}`;
    const text = toHex(payload);
    if ((this.signed.get(slot) ?? text) !== text) throw new Error(`equivocated: ${slot}`);
    this.signed.set(slot, text);
    return { type: "signed", kind, round, setId, signature: ed25519Sign(voter.seed, payload) };
  }
}

/** Gives everyone what the others have to say, until nobody has anything. */
export function exchange(nodes: readonly VoterHarness[]): void {
  for (;;) {
    const mail = nodes.flatMap((from) => from.outbox.splice(0).map((output) => ({ from, output })));
    if (mail.length === 0) return;
    for (const { from, output } of mail)
      for (const to of nodes) {
        if (to === from) continue;
        if (output.type === "gossip-vote")
          to.step({ type: "message", from: "peer", message: { type: "Vote", value: output.vote } });
        else if (output.type === "gossip-commit")
          to.step({
            type: "message",
            from: "peer",
            message: { type: "Commit", value: output.commit },
          });
      }
  }
}
