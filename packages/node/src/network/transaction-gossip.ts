/**
 * Transactions between pool and peers: new ones of the pool go to full nodes that have not shown them, those of peers
 * go into the pool.
 *
 * **Bounds**: `MAX_KNOWN` ids per peer, the oldest forgotten; `MAX_PENDING` extrinsics of peers under validation,
 * further ones dropped; messages of `MAX_MESSAGE_BYTES`. **Trust**: extrinsics of peers are validated like everyone's.
 */
import type { NetworkService } from "@pha/network";
import { PhaError } from "@pha/scale";
import { extrinsicId, type PoolService } from "../pool/pool-service.ts";

const MAX_KNOWN = 8192;
const MAX_PENDING = 512;
const MAX_MESSAGE_BYTES = 1 << 20;

export interface TransactionGossip {
  received(peer: string, extrinsics: readonly Uint8Array[]): void;
  left(peer: string): void;
  stop(): void;
}

export interface TransactionGossipOptions {
  readonly pool: PoolService;
  readonly network: Pick<NetworkService, "peers" | "sendTransactions" | "report">;
  readonly onFailure: (error: unknown) => void;
}

export function startTransactionGossip(options: TransactionGossipOptions): TransactionGossip {
  const { pool, network } = options;
  const known = new Map<string, Set<string>>();
  const fresh = new Set<string>();
  let pending = 0;
  let isScheduled = false;

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

  /** All that came to the pool in one turn, in few messages. */
  const propagate = (): void => {
    isScheduled = false;
    const extrinsics = [...fresh].flatMap((id) => {
      const bytes = pool.bytesOf(id);
      return bytes === undefined ? [] : [{ id, bytes }];
    });
    fresh.clear();
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

  const unsubscribe = pool.events.subscribe((event) => {
    if (event.type !== "ready") return;
    fresh.add(event.id);
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(propagate);
  });

  const submit = async (peer: string, bytes: Uint8Array): Promise<void> => {
    pending++;
    try {
      await pool.submitSoon(bytes);
    } catch (error) {
      if (!(error instanceof PhaError)) throw error;
      if (isNone(error)) network.report(peer, "peer/bad-transaction");
    } finally {
      pending--;
    }
  };

  return {
    received(peer, extrinsics) {
      for (const bytes of extrinsics) {
        note(peer, extrinsicId(bytes));
        if (pending >= MAX_PENDING) return;
        submit(peer, bytes).catch(options.onFailure);
      }
    },
    left: (peer) => known.delete(peer),
    stop: unsubscribe,
  };
}

/** Refused for what it is. Known, stale, or without room are others, which may have been good where they were sent. */
function isNone({ code, facts }: PhaError): boolean {
  const reason = facts?.["reason"];
  return code === "extrinsic/malformed" || reason === "BadProof" || reason === "Call";
}
