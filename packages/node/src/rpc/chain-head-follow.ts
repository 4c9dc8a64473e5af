/**
 * One `chainHead_v1_follow`: which blocks its client holds, and its operations.
 *
 * **Bounds**: `MAX_PINNED` blocks and `MAX_OPERATIONS` operations; a client that holds more is stopped.
 */
import type { ChainEvent, ImportedBlock } from "../chain/chain.ts";
import { changesRuntime, versionAt } from "../chain/runtime-version.ts";
import { keyText } from "../database/key-text.ts";
import { toHex } from "../hex.ts";
import { modernVersionJson } from "./block-json.ts";
import type { Sink } from "./method.ts";
import type { NodeContext } from "./node-context.ts";

export const MAX_PINNED = 512;
export const MAX_OPERATIONS = 16;

/** Work on behalf of a client that it may stop. */
export interface Operation {
  stop(): void;
  /** Goes on after `operationWaitingForContinue`; whether it was waiting. */
  resume(): boolean;
}

export class ChainHeadFollow {
  readonly #sink: Sink;
  readonly #context: NodeContext;
  readonly #withRuntime: boolean;
  readonly #pinned = new Map<string, { readonly block: ImportedBlock; unpin(): void }>();
  readonly #operations = new Map<string, Operation>();
  #unsubscribe: () => void = () => {};
  #nextOperation = 1;
  #isStopped = false;

  constructor(sink: Sink, context: NodeContext, options: { readonly withRuntime: boolean }) {
    this.#sink = sink;
    this.#context = context;
    this.#withRuntime = options.withRuntime;
  }

  /** Tells the present state of the chain, then what happens. */
  start(): void {
    const { chain } = this.#context;
    const { finalized } = chain;
    this.#pin(finalized);
    this.send({
      event: "initialized",
      finalizedBlockHashes: [toHex(finalized.hash)],
      ...(this.#withRuntime ? { finalizedBlockRuntime: this.#runtimeOf(finalized) } : {}),
    });
    for (const block of chain.unfinalized()) this.#newBlock(block);
    this.send({ event: "bestBlockChanged", bestBlockHash: toHex(chain.best.hash) });
    this.#unsubscribe = chain.events.subscribe((event) => this.#onChain(event));
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#unsubscribe();
    for (const operation of this.#operations.values()) operation.stop();
    this.#operations.clear();
    for (const { unpin } of this.#pinned.values()) unpin();
    this.#pinned.clear();
  }

  pinned(hash: Uint8Array): ImportedBlock | undefined {
    return this.#pinned.get(keyText(hash))?.block;
  }

  /** All or none. */
  unpin(hashes: readonly Uint8Array[]): boolean {
    const keys = hashes.map(keyText);
    if (new Set(keys).size !== keys.length || !keys.every((key) => this.#pinned.has(key)))
      return false;
    for (const key of keys) {
      this.#pinned.get(key)?.unpin();
      this.#pinned.delete(key);
    }
    return true;
  }

  /** Opens an operation; `undefined` when there are too many. `run` begins after the answer with its id. */
  operate(run: (operationId: string) => Operation): string | undefined {
    if (this.#operations.size >= MAX_OPERATIONS) return undefined;
    const id = `${this.#nextOperation++}`;
    let isStopped = false;
    this.#operations.set(id, {
      stop: () => {
        isStopped = true;
      },
      resume: () => false,
    });
    setImmediate(() => {
      if (isStopped || this.#isStopped) return;
      const operation = run(id);
      // It may have ended at once.
      if (this.#operations.has(id)) this.#operations.set(id, operation);
    });
    return id;
  }

  operation(id: string): Operation | undefined {
    return this.#operations.get(id);
  }

  endOperation(id: string): void {
    this.#operations.delete(id);
  }

  send(event: object): void {
    if (!this.#isStopped) this.#sink.send(event);
  }

  #onChain(event: ChainEvent): void {
    switch (event.type) {
      case "imported":
        this.#newBlock(event.block);
        return;
      case "best":
        this.send({ event: "bestBlockChanged", bestBlockHash: toHex(event.block.hash) });
        return;
      case "finalized":
        this.send({
          event: "finalized",
          finalizedBlockHashes: event.blocks.map(({ hash }) => toHex(hash)),
          prunedBlockHashes: event.pruned.map(({ hash }) => toHex(hash)),
        });
    }
  }

  #newBlock(block: ImportedBlock): void {
    if (this.#pinned.size >= MAX_PINNED) {
      // A client that never unpins would make us hold every block for ever.
      this.send({ event: "stop" });
      this.stop();
      this.#sink.end();
      return;
    }
    this.#pin(block);
    this.send({
      event: "newBlock",
      blockHash: toHex(block.hash),
      parentBlockHash: toHex(block.header.parentHash),
      newRuntime: this.#withRuntime && changesRuntime(block.header) ? this.#runtimeOf(block) : null,
    });
  }

  #pin(block: ImportedBlock): void {
    const unpin = this.#context.chain.pinState(block);
    this.#pinned.set(keyText(block.hash), { block, unpin });
  }

  #runtimeOf({ header }: ImportedBlock): object {
    const { runtime, chain } = this.#context;
    return { type: "valid", spec: modernVersionJson(versionAt(runtime, chain.stateOf(header))) };
  }
}
