/** What is known of the pinned engine binary, and what its stacks may take. */

/** SHA-256 of the engine binary whose exports, imports and layout `quickjs.ts` knows. */
export const ENGINE_HASH = "105c3bed22d457e43e3d1c3c1c6959fda62a8fe06f0fc8a985303c3a2be72232";

/** Fixed by the engine binary. */
export const LAYOUT = {
  /** End of static data, beginning of the C stack's room. */
  staticEnd: 90_208,
  /** Where the C stack begins (it grows down) and the heap too (it grows up). */
  heapStart: 5_333_088,
  /** Address of the allocator's word for the end of the heap. */
  heapTopWord: 86_864,
} as const;

export const STACK_LIMITS = {
  /**
   * Estimated bytes of native stack. Measured, deep calls of every kind fill a native stack of 984 KiB at estimates
   * between 1.05 and 1.6 million, whatever the compiler's tier: this is less than half.
   */
  height: 480_000,
  /** 1 MiB of C stack. */
  pointer: LAYOUT.heapStart - (1 << 20),
} as const;
