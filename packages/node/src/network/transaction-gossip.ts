/**
 * Transactions between pool and peers: new ones of the pool go to full nodes that have not shown them, those of peers
 * go into the pool.
 *
 * What a peer sent has gone to others as well. So it is passed on late, and not at the same moment as by them: by then
 * most have shown it, or it is in a block. What begins here goes out at once, and under load in few messages.
 *
 * **Bounds**: `MAX_KNOWN` ids per peer, the oldest forgotten; `MAX_PENDING` extrinsics of peers under validation,
 * further ones dropped; messages of `MAX_MESSAGE_BYTES`; `MAX_WAITING` ids, then they leave at once. **Trust**:
 * extrinsics of peers are validated like everyone's.
 */
import type { NetworkService } from "@pha/network";
import { PhaError } from "@pha/scale";
import { extrinsicId, type PoolService } from "../pool/pool-service.ts";

const MAX_KNOWN = 8192;
const MAX_PENDING = 512;
const MAX_MESSAGE_BYTES = 1 << 20;
const MAX_WAITING = 4096;
/** Between two messages of the node's own transactions. */
const OWN_MS = 100;
/** Until those of peers are passed on: drawn between these. */
const RELAY_MS = { least: 100, most: 500 };

export interface TransactionGossip {
  received(peer: string, extrinsics: readonly Uint8Array[]): void;
  left(peer: string): void;
  stop(): void;
}

export interface TransactionGossipOptions {
  readonly pool: PoolService;
  readonly network: Pick<NetworkService, "peers" | "sendTransactions" | "report">;
  readonly onFailure: (error: unknown) => void;
  /** Runs something in so many ms, unless the function it returns is called. @default a timer */
  readonly later?: (run: () => void, ms: number) => () => void;
}

export function startTransactionGossip(options: TransactionGossipOptions): TransactionGossip {
  const { pool, network, later = afterMs } = options;
  const known = new Map<string, Set<string>>();
  /** Under validation for a peer: what becomes ready of them was not begun here. */
  const arriving = new Set<string>();
  let pending = 0;

  const note = (peer: string, id: string): boolean => {
    const ids = known.get(peer) ?? new Set();
    known.set(peer, ids);
    if (ids.has(id)) return false;
    ids.add(id);
    if (ids.size > MAX_KNOWN)
      for (const oldest of ids) {
        ids.delete(oldest);
        break;
      }
    return true;
  };

  /** In few messages. */
  const propagate = (ids: ReadonlySet<string>): void => {
    const extrinsics = [...ids].flatMap((id) => {
      const bytes = pool.bytesOf(id);
      return bytes === undefined ? [] : [{ id, bytes }];
    });
    for (const { id: peer, role } of network.peers()) {
      if (role === "light") continue;
      let batch: Uint8Array[] = [];
      let size = 0;
      for (const { id, bytes } of extrinsics) {
        if (!note(peer, id)) continue;
        if (size + bytes.length > MAX_MESSAGE_BYTES && batch.length > 0) {
          network.sendTransactions(peer, batch);
          batch = [];
          size = 0;
        }
        batch.push(bytes);
        size += bytes.length;
      }
      if (batch.length > 0) network.sendTransactions(peer, batch);
    }
  };

  /** The first of a quiet time leaves at the end of the turn. */
  const own = collect(propagate, later, { first: 0, next: () => OWN_MS });
  const drawn = (): number => RELAY_MS.least + Math.random() * (RELAY_MS.most - RELAY_MS.least);
  const relayed = collect(propagate, later, { next: drawn });

  const unsubscribe = pool.events.subscribe((event) => {
    if (event.type !== "ready") return;
    (arriving.has(event.id) ? relayed : own).add(event.id);
  });

  const submit = async (peer: string, bytes: Uint8Array, id: string): Promise<void> => {
    pending++;
    arriving.add(id);
    try {
      await pool.submitSoon(bytes, "External", id);
    } catch (error) {
      if (!(error instanceof PhaError)) throw error;
      if (isNone(error)) network.report(peer, "peer/bad-transaction");
    } finally {
      pending--;
      arriving.delete(id);
    }
  };

  return {
    received(peer, extrinsics) {
      for (const bytes of extrinsics) {
        const id = extrinsicId(bytes);
        note(peer, id);
        // Several peers send the same.
        if (arriving.has(id) || pool.knows(id)) continue;
        if (pending >= MAX_PENDING) return;
        submit(peer, bytes, id).catch(options.onFailure);
      }
    },
    left: (peer) => known.delete(peer),
    stop() {
      unsubscribe();
      own.stop();
      relayed.stop();
    },
  };
}

/** Ids that leave together, some time after the first of them came. */
function collect(
  leave: (ids: ReadonlySet<string>) => void,
  later: NonNullable<TransactionGossipOptions["later"]>,
  /** Ms until they leave; `first`: when none left in the time before. */
  { first, next }: { readonly first?: number; readonly next: () => number },
) {
  let ids = new Set<string>();
  let cancel: (() => void) | undefined;
  const leaveNow = (): void => {
    const leaving = ids;
    ids = new Set();
    // For as long as nothing comes, the next one is the first again.
    cancel = first === undefined || leaving.size === 0 ? undefined : later(leaveNow, next());
    if (leaving.size > 0) leave(leaving);
  };
  return {
    add(id: string) {
      ids.add(id);
      if (ids.size >= MAX_WAITING) {
        cancel?.();
        leaveNow();
      }
      cancel ??= later(leaveNow, first ?? next());
    },
    stop() {
      cancel?.();
      ids.clear();
    },
  };
}

function afterMs(run: () => void, ms: number): () => void {
  if (ms === 0) {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  }
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

/** Refused for what it is. Known, stale, or without room are others, which may have been good where they were sent. */
function isNone({ code, facts }: PhaError): boolean {
  const reason = facts?.["reason"];
  return code === "extrinsic/malformed" || reason === "BadProof" || reason === "Call";
}
