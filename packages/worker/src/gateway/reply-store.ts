/**
 * Replies to recent commands, as the pRuntimes of this host signed them, and who waits for one.
 *
 * A command's id is its sender's choice and public before the command is in a block: another contract's command may
 * carry the same one. So replies are kept per (command, contract), the first of each.
 * **Bounds**: `maxReplies` and `maxBytes`, the oldest goes first; `maxPerCommand` contracts; `maxWaiting` waits.
 */
import { toHex } from "@pha/scale";

export interface ReplyStore {
  readonly size: { readonly replies: number; readonly bytes: number; readonly waiting: number };
  put(
    reply: { readonly commandId: Uint8Array; readonly contract: Uint8Array },
    encoded: Uint8Array,
  ): void;
  /**
   * Encoded `SignedReply`; `undefined` when none came in time.
   *
   * @param commandId hex
   * @param contract hex; the first reply of any contract when absent
   */
  get(
    commandId: string,
    contract: string | undefined,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined>;
}

export interface ReplyStoreLimits {
  readonly maxReplies: number;
  readonly maxBytes: number;
  readonly maxPerCommand: number;
  readonly maxWaiting: number;
}

const LIMITS: ReplyStoreLimits = {
  maxReplies: 65_536,
  maxBytes: 64 << 20,
  maxPerCommand: 8,
  maxWaiting: 16_384,
};

interface Waiting {
  readonly contract: string | undefined;
  readonly resolve: (reply: Uint8Array | undefined) => void;
}

export function createReplyStore(limits: Partial<ReplyStoreLimits> = {}): ReplyStore {
  const { maxReplies, maxBytes, maxPerCommand, maxWaiting } = { ...LIMITS, ...limits };
  const commands = new Map<string, Map<string, Uint8Array>>();
  const waits = new Map<string, Set<Waiting>>();
  let replies = 0;
  let bytes = 0;
  let waiting = 0;

  function find(commandId: string, contract: string | undefined): Uint8Array | undefined {
    const known = commands.get(commandId);
    return contract === undefined ? known?.values().next().value : known?.get(contract);
  }

  function evict(): void {
    for (const [commandId, known] of commands) {
      if (replies <= maxReplies && bytes <= maxBytes) return;
      commands.delete(commandId);
      for (const reply of known.values()) {
        replies -= 1;
        bytes -= reply.length;
      }
    }
  }

  function leave(commandId: string, wait: Waiting): void {
    const others = waits.get(commandId);
    if (others?.delete(wait)) waiting -= 1;
    if (others?.size === 0) waits.delete(commandId);
  }

  return {
    get size() {
      return { replies, bytes, waiting };
    },
    put(reply, encoded) {
      const commandId = toHex(reply.commandId);
      const contract = toHex(reply.contract);
      const known = commands.get(commandId) ?? new Map<string, Uint8Array>();
      if (known.has(contract) || known.size >= maxPerCommand) return;
      commands.set(commandId, known.set(contract, encoded));
      replies += 1;
      bytes += encoded.length;
      evict();
      for (const wait of [...(waits.get(commandId) ?? [])])
        if (wait.contract === undefined || wait.contract === contract) {
          leave(commandId, wait);
          wait.resolve(encoded);
        }
    },
    get(commandId, contract, waitMs, signal) {
      const known = find(commandId, contract);
      if (known !== undefined || waitMs === 0 || signal.aborted || waiting >= maxWaiting)
        return Promise.resolve(known);
      return new Promise((resolve) => {
        const end = (reply: Uint8Array | undefined): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", stop);
          resolve(reply);
        };
        const wait: Waiting = { contract, resolve: end };
        const stop = (): void => {
          leave(commandId, wait);
          end(undefined);
        };
        const timer = setTimeout(stop, waitMs);
        signal.addEventListener("abort", stop);
        const others = waits.get(commandId) ?? new Set<Waiting>();
        waits.set(commandId, others.add(wait));
        waiting += 1;
      });
    },
  };
}
