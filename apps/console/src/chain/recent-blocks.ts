/**
 * Summaries of the newest finalized blocks, fetched only while somebody looks.
 *
 * **Bounds**: `KEPT` blocks, `LANES` requests at a time.
 */
import { useEffect } from "react";
import type { Connection } from "./connection.ts";
import { createStore, type Store, usePacedStore } from "./store.ts";

/** Of a finalized block, what a row shows. */
export interface BlockSummary {
  readonly number: number;
  readonly hash: Uint8Array;
  /** Unix milliseconds; absent in genesis. */
  readonly at: number | undefined;
  readonly extrinsics: number;
  readonly signed: number;
  /** Sealed commands. */
  readonly commands: number;
  /** Of all extrinsics. */
  readonly bytes: number;
}

export interface RecentBlocks {
  /** Newest first; without gaps while the chain is followed. */
  readonly blocks: Store<readonly BlockSummary[]>;
  /** Fetches until the returned function is called. */
  watch(): () => void;
}

export const KEPT = 120;
const FIRST = 40;
const LANES = 4;

export function createRecentBlocks(connection: Connection): RecentBlocks {
  const blocks = createStore<readonly BlockSummary[]>([]);
  let watchers = 0;
  let running = 0;
  let genesis: string | undefined;
  const asked = new Set<number>();

  function wanted(): number | undefined {
    const head = connection.heads.get()?.finalized;
    if (head === undefined) return undefined;
    const known = blocks.get();
    const oldest = Math.max(1, head - FIRST + 1, (known.at(-1)?.number ?? 1) - FIRST);
    const have = new Set(known.map(({ number }) => number));
    for (let number = head; number >= oldest; number--)
      if (!have.has(number) && !asked.has(number)) return number;
    return undefined;
  }

  function pump(): void {
    const state = connection.state.get();
    if (state.phase !== "connected" || watchers === 0) return;
    if (genesis !== state.genesis) {
      genesis = state.genesis;
      asked.clear();
      blocks.set([]);
    }
    for (let number = wanted(); number !== undefined && running < LANES; number = wanted()) {
      const own = number;
      asked.add(own);
      running++;
      state.core
        .summaryOf(state.client, own)
        .then((summary) => {
          if (genesis === state.genesis) add(summary);
        })
        // A block that does not come now is asked for again with the next head.
        .catch(() => undefined)
        .finally(() => {
          asked.delete(own);
          running--;
          if (blocks.get().some((one) => one.number === own)) pump();
        });
    }
  }

  function add(summary: BlockSummary): void {
    blocks.update((all) => [...all, summary].sort((a, b) => b.number - a.number).slice(0, KEPT));
  }

  return {
    blocks,
    watch() {
      watchers++;
      const stop = connection.heads.subscribe(pump);
      pump();
      return () => {
        watchers--;
        stop();
      };
    },
  };
}

export function useRecentBlocks(source: RecentBlocks): readonly BlockSummary[] {
  useEffect(() => source.watch(), [source]);
  return usePacedStore(source.blocks);
}
