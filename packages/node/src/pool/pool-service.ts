/**
 * The pool's shell: asks the runtime, follows the chain, tells watchers.
 *
 * **Bounds**: those of the pool; re-validation takes `REVALIDATION_MS` a block.
 */
import { blake2b256 } from "@pha/crypto";
import type { InvalidTransaction, TransactionSource, ValidTransaction } from "@pha/frame";
import { PhaError, type Result } from "@pha/scale";
import { createOverlay, type Overlay } from "@pha/state";
import type { Chain, ChainEvent, ImportedBlock } from "../chain/chain.ts";
import type { NodeRuntime } from "../chain/node-runtime.ts";
import { keyText } from "../database/key-text.ts";
import { createEmitter, type EventEmitter, type EventSource } from "../event-source.ts";
import { senderOf } from "./extrinsic-sender.ts";
import { poolFailure, validityFailure } from "./pool-failure.ts";
import type { ReadyQueue } from "./ready-queue.ts";
import type { SignatureQueue } from "./signature-queue.ts";
import type { InvalidReason, PoolEvent, PoolLimits, Validity } from "./transaction.ts";
import { TransactionPool } from "./transaction-pool.ts";

const REVALIDATION_MS = 25;
/** Blocks after which a verdict is asked for again; what blocks take is known without asking. */
const REVALIDATE_AFTER = 8;
const LASTING: ReadonlySet<string> = new Set([
  "BadProof",
  "Stale",
  "AncientBirthBlock",
  "Call",
  "MandatoryValidation",
]);
/** Longest extrinsic. */
export const MAX_EXTRINSIC_BYTES = 1 << 20;

export interface PoolServiceOptions {
  readonly chain: Chain;
  readonly runtime: NodeRuntime;
  readonly limits?: Partial<PoolLimits>;
  /** Absent: signatures are verified where they are submitted. */
  readonly signatures?: SignatureQueue | undefined;
  readonly onListenerError: (error: unknown) => void;
}

export class PoolService {
  readonly #chain: Chain;
  readonly #runtime: NodeRuntime;
  readonly #pool: TransactionPool;
  readonly #signatures: SignatureQueue | undefined;
  readonly #watchers = new Map<string, Set<(event: PoolEvent) => void>>();
  readonly #events: EventEmitter<PoolEvent>;
  readonly #stop: () => void;
  #isStopped = false;
  /** State of the best block; validation only reads it. */
  #view: { readonly block: ImportedBlock; readonly overlay: Overlay } | undefined;

  constructor({ chain, runtime, limits, signatures, onListenerError }: PoolServiceOptions) {
    this.#signatures = signatures;
    this.#chain = chain;
    this.#runtime = runtime;
    this.#pool = new TransactionPool(limits);
    this.#events = createEmitter<PoolEvent>(onListenerError);
    this.#stop = chain.events.subscribe((event) => this.#onChain(event));
  }

  get events(): EventSource<PoolEvent> {
    return this.#events;
  }

  get size(): TransactionPool["size"] {
    return this.#pool.size;
  }

  /**
   * Checks an extrinsic against the best block and takes it in.
   *
   * @param id `extrinsicId` of the bytes, for those who have it
   * @returns its id
   * @throws PhaError `extrinsic/…`, `pool/…`
   */
  submit(
    bytes: Uint8Array,
    source: TransactionSource = "External",
    id: string = extrinsicId(bytes),
  ): string {
    if (bytes.length > MAX_EXTRINSIC_BYTES)
      throw new PhaError("extrinsic/malformed", "the extrinsic is too long", {
        facts: { bytes: bytes.length, maxBytes: MAX_EXTRINSIC_BYTES },
        hint: "split the call into several extrinsics",
      });
    const now = Date.now();
    const checked = this.#pool.precheck(id, now);
    if (!checked.ok) throw poolFailure(checked.error);
    const { best } = this.#chain;
    const valid = this.#validate(bytes, source);
    if (!valid.ok) {
      const { type } = valid.error.value;
      // Refused for what it is, not for when it came: the runtime need not look again.
      if (LASTING.has(type)) this.#pool.invalidate(id, "invalid", now);
      throw validityFailure(valid.error);
    }
    const submitted = this.#pool.submit(
      {
        id,
        bytes,
        sender: senderOf(bytes),
        validity: validityOf(valid.value),
        validatedAt: best.number,
      },
      { nowMs: now },
    );
    if (!submitted.ok) throw poolFailure(submitted.error);
    this.#tell(submitted.value);
    return id;
  }

  /** `submit`, with the signature verified in another thread where there is one. */
  async submitSoon(
    bytes: Uint8Array,
    source: TransactionSource = "External",
    id: string = extrinsicId(bytes),
  ): Promise<string> {
    if (bytes.length <= MAX_EXTRINSIC_BYTES && !this.knows(id))
      await this.#signatures?.prepare(() => this.#validate(bytes, source));
    return this.submit(bytes, source, id);
  }

  /** In the pool, or refused of late. */
  knows(id: string): boolean {
    return !this.#pool.precheck(id, Date.now()).ok;
  }

  /** Follows one transaction of the pool; the listener hears its present state first. */
  watch(id: string, listener: (event: PoolEvent) => void): () => void {
    const listeners = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, listeners.add(listener));
    if (this.#pool.get(id)) listener({ type: this.#pool.isReady(id) ? "ready" : "future", id });
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#watchers.delete(id);
    };
  }

  /** A transaction of the pool; `undefined` when it is not there, or not for others. */
  bytesOf(id: string): Uint8Array | undefined {
    const transaction = this.#pool.get(id);
    return transaction?.validity.propagate ? transaction.bytes : undefined;
  }

  /** The pool's own copies of the extrinsics it has: what was read of those need not be read again. */
  ownCopies(body: readonly Uint8Array[]): readonly Uint8Array[] {
    const { readyCount, futureCount } = this.#pool.size;
    if (readyCount + futureCount === 0) return body;
    return body.map((bytes) => this.#pool.get(extrinsicId(bytes))?.bytes ?? bytes);
  }

  ready(): ReadyQueue {
    return this.#pool.ready();
  }

  /** Whether the pool holds a provider of the tag. */
  provides(tag: Uint8Array): boolean {
    return this.#pool.provides(keyText(tag));
  }

  pending(): readonly Uint8Array[] {
    const queue = this.#pool.ready();
    const all: Uint8Array[] = [];
    for (let next = queue.next(); next; next = queue.next()) all.push(next.bytes);
    return all;
  }

  invalidate(id: string, reason: InvalidReason): void {
    this.#tell(this.#pool.invalidate(id, reason, Date.now()));
  }

  stop(): void {
    this.#isStopped = true;
    this.#stop();
  }

  #onChain(event: ChainEvent): void {
    if (event.type === "finalized") {
      for (const block of event.blocks) this.#tell(this.#pool.onFinalized(keyText(block.hash)));
      return;
    }
    if (event.type !== "best") return;
    for (const block of event.retracted) this.#tell(this.#pool.onRetracted(keyText(block.hash)));
    for (const block of event.enacted) this.#include(block);
    for (const block of event.retracted) this.#resubmit(block);
    // Later: whoever waits for the block, the voter among them, comes first.
    setImmediate(() => this.#revalidate());
  }

  #include({ hash, number }: ImportedBlock): void {
    const body = this.#chain.body(hash) ?? [];
    const included = body.map((bytes, index) => ({ id: extrinsicId(bytes), index }));
    this.#tell(this.#pool.onBlock({ id: keyText(hash), number, included }));
  }

  /** Extrinsics of a block that left the best chain may go into another one. */
  #resubmit({ hash }: ImportedBlock): void {
    for (const bytes of this.#chain.body(hash) ?? []) {
      if (senderOf(bytes) === undefined) continue;
      try {
        this.submit(bytes, "Local");
      } catch (error) {
        // Included in the other fork already, or no longer valid: nothing is lost.
        if (!(error instanceof PhaError)) throw error;
      }
    }
  }

  /** Asks the runtime again about those whose answer is oldest, as many as the time allows. */
  #revalidate(): void {
    if (this.#isStopped) return;
    const { best } = this.#chain;
    const end = performance.now() + REVALIDATION_MS;
    const old = [...this.#pool.all()]
      .filter(({ validatedAt }) => validatedAt + REVALIDATE_AFTER <= best.number)
      .sort((a, b) => a.validatedAt - b.validatedAt);
    for (const { id, bytes, validity } of old) {
      if (performance.now() >= end) return;
      // What is not passed on came from the node itself.
      const valid = this.#validate(bytes, validity.propagate ? "External" : "Local");
      if (valid.ok) this.#tell(this.#pool.revalidated(id, validityOf(valid.value), best.number));
      else if (valid.error.value.type !== "Future")
        this.invalidate(id, valid.error.value.type === "Stale" ? "stale" : "invalid");
    }
  }

  #validate(
    bytes: Uint8Array,
    source: TransactionSource,
  ): Result<ValidTransaction, InvalidTransaction> {
    const { best } = this.#chain;
    if (this.#view?.block !== best)
      this.#view = { block: best, overlay: createOverlay(this.#chain.stateOf(best.header)) };
    const { overlay } = this.#view;
    return this.#runtime.validateTransaction(overlay, source, bytes, best.hash);
  }

  #tell(events: readonly PoolEvent[]): void {
    for (const event of events) {
      this.#events.emit(event);
      for (const listener of [...(this.#watchers.get(event.id) ?? [])]) listener(event);
    }
  }
}

/** BLAKE2b-256 of the encoded extrinsic, as binary text. */
export function extrinsicId(bytes: Uint8Array): string {
  return keyText(blake2b256(bytes));
}

/** `0x`-hex of an id or block hash in binary text. */
export function hexOfText(text: string): string {
  return `0x${Buffer.from(text, "latin1").toString("hex")}`;
}

function validityOf(valid: ValidTransaction): Validity {
  const { priority, requires, provides, longevity, propagate } = valid;
  return {
    priority,
    requires: [...new Set(requires.map(keyText))],
    provides: [...new Set(provides.map(keyText))],
    longevity,
    propagate,
  };
}
