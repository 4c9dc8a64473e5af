/** The state a block executes on: an overlay of changes above a trie, with nested transactions. */
export interface Overlay {
  /**
   * What others keep with this overlay for as long as it lives, each under an object of its own. A `WeakMap` would keep
   * it from block to block, until the engine collects everything.
   */
  readonly kept: Map<object, unknown>;
  /** A view that the caller must not change. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** `undefined` removes the key. The overlay keeps both arrays: callers must not change them afterwards. */
  put(key: Uint8Array, value: Uint8Array | undefined): void;
  begin(): void;
  commit(): void;
  rollback(): void;
  clearPrefix(prefix: Uint8Array): void;
  /** Keys that start with `prefix`, in byte order, changes included. */
  keys(prefix: Uint8Array): Iterable<Uint8Array>;
}
