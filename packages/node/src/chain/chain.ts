/**
 * The chain as this node has it: imports blocks atomically, knows best and finalized, answers for states.
 *
 * **Bounds**: blocks above the finalized one are limited by the fork tree; tries by the state cache. **Trust**: blocks
 * are hostile until `importBlock` has verified and executed them; own ones come executed.
 */
import {
  type AuthoritySet,
  announcedChangesOf,
  type BabeError,
  type BabeVerifier,
  type BlockRef,
  babePreDigestOf,
  encodeHeader,
  epochForSlot,
  type Finalization,
  ForkTree,
  type ForkTreeError,
  type Header,
  Justification,
  verifyBabeHeader,
} from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { assert, encode, equalBytes, fail, ok, PhaError, type Result, toHex } from "@pha/scale";
import { createOverlay, type Trie } from "@pha/state";
import type { BlockWrite, ChainDatabase } from "../database/chain-database.ts";
import { createEmitter, type EventEmitter, type EventSource } from "../event-source.ts";
import { senderOf } from "../pool/extrinsic-sender.ts";
import { type EpochsAt, epochOfSlot, epochsIn } from "./babe-epochs.ts";
import {
  type ExecutedBlock,
  type ExecutionError,
  executeBlock,
  type ParentState,
} from "./execute-block.ts";
import type { InherentData, NodeRuntime } from "./node-runtime.ts";
import { StateCache } from "./state-cache.ts";
import { WaitingState } from "./waiting-state.ts";

export interface ImportedBlock extends BlockRef {
  readonly header: Header;
}

export type ChainEvent =
  | { readonly type: "imported"; readonly block: ImportedBlock }
  | {
      readonly type: "best";
      readonly block: ImportedBlock;
      /** Left the best chain, the newest first. */
      readonly retracted: readonly ImportedBlock[];
      /** Joined it, the oldest first; the best block last. */
      readonly enacted: readonly ImportedBlock[];
    }
  | {
      readonly type: "finalized";
      /** The oldest first. */
      readonly blocks: readonly ImportedBlock[];
      readonly pruned: readonly ImportedBlock[];
      /** Encoded, of the last block. */
      readonly justification: Uint8Array;
    };

export type ImportError =
  | BabeError
  | ExecutionError
  | ForkTreeError
  | { readonly code: "import/known" }
  | { readonly code: "import/unknown-parent" }
  | { readonly code: "import/wrong-number" };

export interface ChainOptions {
  readonly database: ChainDatabase;
  readonly runtime: NodeRuntime;
  readonly genesisHash: Uint8Array;
  /** @default verifies seals and claims at once */
  readonly verifier?: BabeVerifier | undefined;
  readonly onListenerError: (error: unknown) => void;
}

export interface ImportContext {
  /** Latest slot that may have begun. */
  readonly nowSlot: bigint;
  /** What this node would put into the block. */
  readonly inherentData: InherentData;
}

/** A state that is only read. */
interface StateView extends ParentState {
  readonly epochs: () => EpochsAt;
}

type LastBlock = Pick<BlockWrite, "hash" | "header" | "body">;

export class Chain {
  readonly genesisHash: Uint8Array;
  readonly #database: ChainDatabase;
  readonly #runtime: NodeRuntime;
  readonly #verifier: BabeVerifier | undefined;
  readonly #tree: ForkTree<Header>;
  readonly #states: StateCache;
  readonly #events: EventEmitter<ChainEvent>;
  #best: ImportedBlock;
  #finalized: ImportedBlock;
  #view: StateView | undefined;
  /** Imported last: its pool, its child and who announces it ask for it at once. */
  #last: LastBlock | undefined;
  readonly #waiting = new WaitingState();

  constructor({ database, runtime, genesisHash, verifier, onListenerError }: ChainOptions) {
    this.#verifier = verifier;
    this.genesisHash = genesisHash;
    this.#database = database;
    this.#runtime = runtime;
    this.#events = createEmitter(onListenerError);
    this.#states = new StateCache(database.nodes);
    const finalized = database.finalized();
    this.#tree = new ForkTree(finalized);
    for (const { hash, header } of database.unfinalized()) {
      const inserted = this.#tree.insert(treeBlock(hash, header));
      assert(inserted.ok || inserted.error.code === "fork-tree/unknown-parent", "blocks fit");
    }
    this.#finalized = this.#load(finalized.hash);
    this.#best = this.#load(this.#tree.best.hash);
    this.#states.open(this.#best.header.stateRoot);
  }

  get events(): EventSource<ChainEvent> {
    return this.#events;
  }

  get best(): ImportedBlock {
    return this.#best;
  }

  get finalized(): ImportedBlock {
    return this.#finalized;
  }

  header(hash: Uint8Array): Header | undefined {
    const last = this.#lastOf(hash);
    return last ? last.header : this.#database.header(hash);
  }

  body(hash: Uint8Array): readonly Uint8Array[] | undefined {
    return this.#lastOf(hash)?.body ?? this.#database.body(hash);
  }

  justification(hash: Uint8Array): Uint8Array | undefined {
    return this.#database.justification(hash);
  }

  /** Hash at a height of the best chain. */
  hashAt(number: number): Uint8Array | undefined {
    if (number <= this.#finalized.number) return this.#database.finalizedHash(number);
    if (number > this.#best.number) return undefined;
    return this.#tree.pathTo(this.#best.hash)[number - this.#finalized.number - 1]?.hash;
  }

  /** Blocks above the finalized one, each after its parent. */
  unfinalized(): readonly ImportedBlock[] {
    return this.#database
      .unfinalized()
      .map(({ hash, header }) => ({ hash, header, number: header.number }));
  }

  /** Path of the best chain above the finalized block. */
  pathTo(hash: Uint8Array): readonly BlockRef[] {
    return this.#tree.pathTo(hash);
  }

  /** Head of the best chain that holds a block; `undefined` when the block is unknown, abandoned or below the finalized one. */
  bestContaining(hash: Uint8Array): BlockRef | undefined {
    return this.#tree.bestContaining(hash);
  }

  isFinalized({ hash, number }: BlockRef): boolean {
    const finalized = this.#database.finalizedHash(number);
    return finalized !== undefined && equalBytes(finalized, hash);
  }

  /** Whether the state after a block is here: not of blocks that a pruned node let go, nor below a warp start. */
  hasStateOf(header: Header): boolean {
    return this.#database.hasState(header);
  }

  /**
   * State after a block.
   *
   * @throws PhaError `database/state-discarded`
   */
  stateOf(header: Header): Trie {
    if (!this.hasStateOf(header)) throw this.#stateDiscarded(header);
    return this.#states.at(header.stateRoot);
  }

  /** The state of a block stays until what is returned is called: for whoever reads it across turns. */
  pinState(block: BlockRef): () => void {
    return this.#database.pinState(block.hash);
  }

  /**
   * Asks for the verdicts that an import of the block would ask for, as far as the best block's state tells.
   *
   * Of blocks that wait for each other: the earlier ones first.
   */
  askSignatures(header: Header, body: readonly Uint8Array[]): void {
    const best = this.#best;
    const { epochs } = this.#viewOf(best.header);
    const claim = babePreDigestOf(header);
    const epoch = claim.ok ? epochForSlot(epochs(), claim.value.value.slot) : undefined;
    if (epoch) verifyBabeHeader({ header, epoch, verifier: this.#verifier });
    if (header.number <= 0 || body.length === 0) return;
    const state = this.#waiting.before(
      header,
      best,
      () => this.stateOf(best.header),
      ({ root }) => this.#database.hasState({ stateRoot: root }),
    );
    for (const bytes of body)
      if (senderOf(bytes) !== undefined)
        this.#runtime.validateTransaction(state, "InBlock", bytes, header.parentHash);
  }

  /** Verifies, executes and stores a block of someone else. */
  importBlock(
    header: Header,
    body: readonly Uint8Array[],
    context: ImportContext,
  ): Result<ImportedBlock, ImportError> {
    const hash = blake2b256(encodeHeader(header));
    if (this.header(hash)) return fail({ code: "import/known" });
    const parent = this.header(header.parentHash);
    if (!parent) return fail({ code: "import/unknown-parent" });
    if (header.number !== parent.number + 1) return fail({ code: "import/wrong-number" });
    // Finality left its parent behind, whose state may be gone.
    if (!this.#isInTree(header.parentHash)) return fail({ code: "fork-tree/unknown-parent" });
    const view = this.#viewOf(parent);
    const verified = this.#verifySeal(header, parent, view, context.nowSlot);
    if (!verified.ok) return verified;
    const executed = executeBlock(this.#runtime, view, header, body, context.inherentData);
    return executed.ok ? this.importExecuted(executed.value) : executed;
  }

  /** Stores a block that this node executed, sealed by now. */
  importExecuted({ header, body, state }: ExecutedBlock): Result<ImportedBlock, ForkTreeError> {
    const encodedHeader = encodeHeader(header);
    const hash = blake2b256(encodedHeader);
    const inserted = this.#tree.insert(treeBlock(hash, header));
    if (!inserted.ok) return inserted;
    const write: BlockWrite = { hash, header, encodedHeader, body, state };
    this.#database.putBlock(write);
    this.#states.add(state.trie);
    this.#last = { hash, header, body };
    const block: ImportedBlock = { hash, header, number: header.number };
    this.#events.emit({ type: "imported", block });
    this.#updateBest();
    return ok(block);
  }

  /** Makes a block of the tree final; its justification and the set after it are stored with it. */
  finalize(
    target: BlockRef,
    justification: Justification,
    authoritySet: AuthoritySet,
  ): Result<undefined, ForkTreeError> {
    const done: Result<Finalization<Header>, ForkTreeError> = this.#tree.finalize(target.hash);
    if (!done.ok) return done;
    const { finalized, pruned } = done.value;
    const encoded = encode(Justification, justification);
    this.#database.putFinality({ finalized, pruned, justification: encoded, authoritySet });
    const imported = ({ hash, number, data }: (typeof finalized)[number]): ImportedBlock => ({
      hash,
      number,
      header: data,
    });
    this.#finalized = this.#load(target.hash);
    this.#updateBest();
    this.#events.emit({
      type: "finalized",
      blocks: finalized.map(imported),
      pruned: pruned.map(imported),
      justification: encoded,
    });
    return ok(undefined);
  }

  /** What is read of the state after a block; asked for again and again while the next block comes in. */
  #viewOf({ stateRoot }: Header): StateView {
    if (this.#view && equalBytes(this.#view.state.root, stateRoot)) return this.#view;
    const state = this.#states.at(stateRoot);
    const overlay = createOverlay(state);
    let epochs: EpochsAt | undefined;
    this.#view = {
      state,
      overlay,
      epochs: () => {
        epochs ??= epochsIn(this.#runtime, overlay);
        return epochs;
      },
    };
    return this.#view;
  }

  #verifySeal(
    header: Header,
    parent: Header,
    view: StateView,
    nowSlot: bigint,
  ): Result<unknown, BabeError> {
    const claim = babePreDigestOf(header);
    if (!claim.ok) return claim;
    const { slot } = claim.value.value;
    const isFirst = parent.number === 0;
    const epoch = epochOfSlot(view.epochs(), slot, { isFirst });
    if (!epoch) return fail({ code: "babe/slot-outside-epoch", slot });
    const parentClaim = isFirst ? undefined : babePreDigestOf(parent);
    return verifyBabeHeader({
      header,
      epoch,
      nowSlot,
      verifier: this.#verifier,
      ...(parentClaim?.ok ? { parentSlot: parentClaim.value.value.slot } : {}),
    });
  }

  #updateBest(): void {
    const { hash } = this.#tree.best;
    const before = this.#best;
    if (equalBytes(hash, before.hash)) return;
    const best = this.#load(hash);
    this.#best = best;
    const enacted: ImportedBlock[] = [];
    const retracted: ImportedBlock[] = [];
    let to = best;
    let from = before;
    while (!equalBytes(to.hash, from.hash)) {
      if (to.number >= from.number) {
        enacted.unshift(to);
        to = this.#load(to.header.parentHash);
      } else {
        retracted.push(from);
        from = this.#load(from.header.parentHash);
      }
    }
    this.#events.emit({ type: "best", block: best, retracted, enacted });
  }

  #isInTree(hash: Uint8Array): boolean {
    return equalBytes(hash, this.#tree.root.hash) || this.#tree.get(hash) !== undefined;
  }

  #stateDiscarded(header: Header): PhaError {
    const hash = toHex(blake2b256(encodeHeader(header)));
    const oldest = this.#database.oldestState();
    // The words up to the hash are Substrate's: clients look for them.
    const message = `Client error: UnknownBlock: State already discarded for ${hash} (states are here from block ${oldest} on)`;
    return new PhaError("database/state-discarded", message, {
      facts: { hash, number: header.number, oldest },
      hint: "ask for a block whose state is here, or ask an archive node (pha node --pruning archive)",
    });
  }

  #lastOf(hash: Uint8Array): LastBlock | undefined {
    return this.#last && equalBytes(this.#last.hash, hash) ? this.#last : undefined;
  }

  #load(hash: Uint8Array): ImportedBlock {
    const header = this.header(hash);
    assert(header, "a block of the tree is in the database");
    return { hash, header, number: header.number };
  }
}

/** The next voters that a header announces, delay 0; `undefined` when it announces none. */
export function nextAuthoritiesOf(header: Header): AuthoritySet["authorities"] | undefined {
  const changes = announcedChangesOf(header);
  return changes.ok ? changes.value.scheduled?.authorities : undefined;
}

function treeBlock(hash: Uint8Array, header: Header) {
  const claim = babePreDigestOf(header);
  return {
    hash,
    number: header.number,
    parentHash: header.parentHash,
    primary: claim.ok && claim.value.type === "Primary",
    data: header,
  };
}
