/** What a handler sees of the world. */
import type { Secret } from "./secret.ts";
import type { ReadableState, StateEntry, WritableState } from "./state/cells.ts";
import type { StateLayout } from "./state/declare.ts";

export interface BlockContext {
  readonly number: number;
  /** The block's time, Unix milliseconds: a command's own block, a query's state block. */
  readonly timestampMs: bigint;
}

/** What the call itself says. */
export interface CallContext {
  /** Account id, 32 bytes; zero for a query without a certificate. */
  readonly caller: Uint8Array;
  /** Account id of the contract's owner. */
  readonly owner: Uint8Array;
  readonly block: BlockContext;
  /** Whether the caller is the owner. */
  readonly callerIsOwner: boolean;
}

interface BaseContext extends CallContext {
  /**
   * 32 bytes that stand for `data`: equal data, equal pseudonym, within this contract and domain.
   *
   * Keyed by a secret of the contract, so that outside nobody can try candidates.
   */
  pseudonym(domain: string, data: Uint8Array | string): Uint8Array;
  /**
   * X25519 key, 32 bytes, to which anybody can seal a box that this contract alone opens: for data that others carry
   * inside their commands without reading it. One for each domain, for the contract's whole life.
   */
  boxKey(domain: string): Uint8Array;
  /**
   * What a box holds that was sealed to `boxKey(domain)`; nothing for whatever is no such box. Who sealed it is not said,
   * and the same box opens again: count no box twice where that matters.
   */
  openBox(domain: string, box: Uint8Array): Uint8Array | undefined;
}

export interface QueryContext<S extends StateLayout, D extends string = string>
  extends BaseContext {
  readonly state: ReadableState<S>;
  /**
   * Gives the caller, beside the sealed answer, a proof of what is stored in this entry: value, salt and path, under the
   * final root that the query reads. The caller may show it to anyone, each entry by itself; nobody learns of another.
   *
   * The handler decides for whom: an entry that it does not open stays closed. One that nothing was ever written to cannot
   * be opened (`contract/nothing-to-open`), nor more than 16 entries or 96 KiB by one query.
   *
   * @param reason declared in `disclosures`
   */
  open(entry: StateEntry, reason: D): void;
}

export interface CommandContext<S extends StateLayout, D extends string> extends BaseContext {
  readonly state: WritableState<S>;
  /** 32 bytes, fresh at each call, equal on all replicas, unknown to anyone outside. */
  random(): Uint8Array;
  /** The plain value, to be shown to others for a reason declared in `disclosures`. */
  disclose<T>(value: Secret<T>, reason: D): T;
}

/** What the commands of a contract have beside the rest when its declaration says `logs`. */
export interface Logger {
  /**
   * A line of the contract's log, for its owner: written when the command ends well, gone when it fails. Beyond 256 bytes the
   * text is cut; of more than 16 lines of one command the rest is counted.
   */
  log(text: string): void;
}
