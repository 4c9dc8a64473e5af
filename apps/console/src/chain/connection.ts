/**
 * The connection to one network: loads the core, opens a verified client, follows its heads, and says plainly when nothing
 * comes any more.
 *
 * ```text
 * connecting ─► connected ─ no head for long ─► stalled ─ a head ─► connected
 *     └──────► failed ─ after a while, or asked ─► connecting     └ proof refused ─► failed
 * ```
 */
import { toHex } from "@pha/scale";
import type { Client } from "@pha/sdk";
import type { LightProgress } from "@pha/sdk/light";
import type * as Core from "./core/index.ts";
import type { Network } from "./networks.ts";
import { type Problem, problemOf } from "./problem.ts";
import { createStore, type Store } from "./store.ts";

export type CoreApi = typeof Core;

export interface Connected {
  readonly phase: "connected";
  readonly network: Network;
  readonly core: CoreApi;
  readonly client: Client;
  /** In hex. */
  readonly genesis: string;
}

export type ConnectionState =
  | {
      readonly phase: "connecting";
      readonly network: Network;
      /** Of the light client; absent until it said something. */
      readonly progress?: LightProgress;
    }
  | Connected
  | {
      readonly phase: "failed";
      readonly network: Network;
      readonly problem: Problem;
      /** Unix milliseconds of the next attempt; absent: none by itself. */
      readonly retryAt: number | undefined;
    };

export interface Heads {
  /** Verified here. */
  readonly finalized: number;
  readonly hash: Uint8Array;
  /** The node's word; `undefined` until it said one. */
  readonly best: number | undefined;
  /** Unix milliseconds of the newest finalized block's arrival. */
  readonly at: number;
  /** Nothing came for `STALL_MS`. */
  readonly isStalled: boolean;
}

export interface Connection {
  readonly state: Store<ConnectionState>;
  readonly heads: Store<Heads | undefined>;
  /** Tries again now. */
  retry(): void;
  close(): void;
}

const STALL_MS = 12_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;
/** Trying again changes nothing about these. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  "chain/other-network",
  "light/refused",
  "chain/bad-metadata",
  "smoldot/bad-chain-spec",
]);

export function openConnection(
  network: Network,
  loadCore: () => Promise<CoreApi> = () => import("./core/index.ts"),
): Connection {
  const state = createStore<ConnectionState>({ phase: "connecting", network });
  const heads = createStore<Heads | undefined>(undefined);
  let client: Client | undefined;
  let stopHeads: () => void = () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  let attempt = 0;
  let run = 0;

  function drop(): void {
    clearTimeout(timer);
    stopHeads();
    stopHeads = () => undefined;
    client?.close();
    client = undefined;
  }

  function fail(error: unknown): void {
    drop();
    const problem = problemOf(error);
    const isFinal = FINAL_CODES.has(problem.code);
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt++);
    const retryAt = isFinal ? undefined : Date.now() + waitMs;
    state.set({ phase: "failed", network, problem, retryAt });
    if (!isFinal) timer = setTimeout(() => void connect(), waitMs);
  }

  async function connect(): Promise<void> {
    const own = ++run;
    drop();
    if (state.get().phase !== "connecting") state.set({ phase: "connecting", network });
    try {
      const core = await loadCore();
      const opened = await core.openNetwork(network, (progress) => {
        if (!isClosed && own === run) state.set({ phase: "connecting", network, progress });
      });
      if (isClosed || own !== run) {
        opened.close();
        return;
      }
      client = opened;
      attempt = 0;
      stopHeads = follow(opened);
      const genesis = toHex(opened.chain.genesisHash);
      state.set({ phase: "connected", network, core, client: opened, genesis });
    } catch (error) {
      if (!isClosed && own === run) fail(error);
    }
  }

  function follow({ chain }: Client): () => void {
    const { finality, rpc } = chain;
    const update = (change: Partial<Heads>): void => {
      const { number, hash } = finality.head;
      const known = heads.get();
      heads.set({
        finalized: number,
        hash,
        best: known?.best,
        at: known?.finalized === number ? known.at : Date.now(),
        isStalled: false,
        ...change,
      });
    };
    heads.set(undefined);
    update({});
    const unsubscribe = finality.onHead(() => update({}));
    let stopBest: (() => void) | undefined;
    let isOver = false;
    rpc
      .subscribe("chain_subscribeNewHeads", [], "chain_unsubscribeNewHeads", (header) => {
        const best = numberOf(header);
        if (best !== undefined) update({ best, isStalled: heads.get()?.isStalled ?? false });
      })
      .then((stop) => {
        stopBest = stop;
        if (isOver) stop();
      })
      .catch(() => undefined); // Best heads are a courtesy: finality says what is true.
    const clock = setInterval(() => {
      const known = heads.get();
      if (known === undefined || Date.now() - known.at < STALL_MS) return;
      if (!known.isStalled) heads.set({ ...known, isStalled: true });
      // A follower that refused the node's proof tells whoever waits.
      finality.reach(finality.head.number + 1, 10).catch((error: unknown) => {
        if (problemOf(error).code === "light/refused" && !isOver) fail(error);
      });
    }, 2_000);
    return () => {
      isOver = true;
      clearInterval(clock);
      unsubscribe();
      stopBest?.();
    };
  }

  void connect();
  return {
    state,
    heads,
    retry() {
      attempt = 0;
      void connect();
    },
    close() {
      isClosed = true;
      drop();
    },
  };
}

function numberOf(header: unknown): number | undefined {
  if (typeof header !== "object" || header === null || !("number" in header)) return undefined;
  const number = Number(header.number);
  return Number.isSafeInteger(number) ? number : undefined;
}
