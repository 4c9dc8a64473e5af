/**
 * When a gatekeeper erases its older shares: only when the chain's state, proven under a finalized head, says that a newer
 * generation is active and that nothing hangs on the older ones any more (protocol §2).
 *
 * The chain's message only says when to look; a gatekeeper that starts again looks once by itself, so that it misses no
 * retirement while it is away.
 */
import { STORAGE } from "@pha/protocol";
import type { Follower } from "./follower.ts";
import type { Output } from "./inputs.ts";
import type { Reads } from "./reads.ts";
import type { SealedShare } from "./sealed-store.ts";

export interface Retirement {
  /** The chain told of a generation that is retired. */
  told(): void;
  afterBatch(): readonly Output[];
}

export function createRetirement(parts: {
  readonly follower: Follower;
  readonly reads: Reads;
  readonly shares: () => readonly SealedShare[];
  /** Overwrites the shares of generations before this one. */
  readonly erase: (before: bigint) => readonly Output[];
}): Retirement {
  const { follower, reads, shares, erase } = parts;
  let isToLook = shares().length > 0;
  let reading = false;

  return {
    told() {
      isToLook = true;
    },
    afterBatch() {
      if (!isToLook || reading) return [];
      isToLook = false;
      reading = true;
      const { current, oldest } = STORAGE.generation;
      const at = { block: follower.head, stateRoot: follower.headStateRoot };
      return reads.ask(at, [current.key, oldest.key], (proven) => {
        reading = false;
        if (proven === undefined) {
          isToLook = true;
          return [];
        }
        const active = proven.value({ key: current.key, codec: current.value }) ?? 0n;
        const before = proven.value({ key: oldest.key, codec: oldest.value }) ?? 0n;
        const isRetired = shares().some(({ generation }) => generation < before);
        if (before > active || !isRetired) return [];
        return [
          { type: "log", event: "shares-erased", block: proven.block.number },
          ...erase(before),
        ];
      });
    },
  };
}
