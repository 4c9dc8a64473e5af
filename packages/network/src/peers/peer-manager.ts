/**
 * Whom to dial, whom to let in, whom to send away: slots, reputation, bans, back-off. No sockets, no clock.
 *
 * ```
 *  known ── tick: dial ──► dialing ── connected ──► out slot ─┐
 *    ▲                        │ failed: back-off              ├─ misbehaved, full ──► disconnect
 *    └────────────────────────┴── inbound connected ► in slot ┘
 * ```
 *
 * Reserved peers need no slot and are dialled whenever they are not connected; they are punished like others. Light
 * clients have slots of their own, which they move to when their handshake says what they are.
 *
 * **Bounds**: those of the peer book; connections by the slots plus the reserved ones; dials by `maxDials`. **Trust**:
 * peers say who they are with a key; what they say of others is an address to try.
 */
import type { MisbehaviourCode } from "./misbehaviour.ts";
import { backOff, createPeerBook, isBanned, type PeerBook, punish } from "./peer-book.ts";

export interface PeerLimits {
  /** Full nodes that connected to us. */
  readonly maxIn: number;
  /** Full nodes that we connect to. */
  readonly maxOut: number;
  readonly maxLight: number;
  /** Dials at a time. */
  readonly maxDials: number;
}

export const DEFAULT_PEER_LIMITS: PeerLimits = {
  maxIn: 32,
  maxOut: 16,
  maxLight: 100,
  maxDials: 4,
};

export type Slot = "in" | "out" | "light" | "reserved";

export type RefusalCode = "peer/banned" | "peer/no-slot" | "peer/self" | "peer/not-reserved";

export type PeerOutput =
  | { readonly type: "dial"; readonly peer: string; readonly addresses: readonly string[] }
  | {
      readonly type: "disconnect";
      readonly peer: string;
      readonly code: MisbehaviourCode | RefusalCode;
    };

export interface PeerManagerOptions {
  readonly self: string;
  readonly reserved: readonly { readonly id: string; readonly address: string }[];
  readonly bootNodes: readonly { readonly id: string; readonly address: string }[];
  /** Nobody but reserved peers. */
  readonly reservedOnly: boolean;
  readonly limits: PeerLimits;
}

export interface PeerManager {
  /** `undefined`: may come in. */
  refusalOf(peer: string, nowMs: number): RefusalCode | undefined;
  /** A connection is there. Outputs send it away when it may not stay. */
  connected(peer: string, direction: "in" | "out", nowMs: number): readonly PeerOutput[];
  disconnected(peer: string, nowMs: number): void;
  dialFailed(peer: string, nowMs: number): void;
  /** The peer proved useful: its failures are forgotten. */
  handshaken(peer: string, options: { readonly isLight: boolean }): readonly PeerOutput[];
  discovered(peer: string, addresses: readonly string[]): void;
  report(peer: string, code: MisbehaviourCode, nowMs: number): readonly PeerOutput[];
  tick(nowMs: number): readonly PeerOutput[];
  slotOf(peer: string): Slot | undefined;
  addressesOf(peer: string): readonly string[];
  /** Peers without a reserved place in the book count as known too. */
  readonly counts: {
    readonly known: number;
    readonly dialing: number;
    readonly slots: Readonly<Record<Slot, number>>;
  };
}

export function createPeerManager(options: PeerManagerOptions): PeerManager {
  const { self, limits, reservedOnly } = options;
  const slots = new Map<string, Slot>();
  const dialing = new Set<string>();
  const book: PeerBook = createPeerBook((id) => slots.has(id) || dialing.has(id));
  const reserved = new Set(options.reserved.map(({ id }) => id));
  for (const { id, address } of [...options.reserved, ...options.bootNodes])
    if (id !== self) book.add(id, [address], { isKept: true });

  const used = (slot: Slot): number => {
    let count = 0;
    for (const one of slots.values()) if (one === slot) count++;
    return count;
  };

  const refusalOf = (peer: string, nowMs: number): RefusalCode | undefined => {
    if (peer === self) return "peer/self";
    if (isBanned(book.get(peer), nowMs)) return "peer/banned";
    if (reserved.has(peer)) return undefined;
    if (reservedOnly) return "peer/not-reserved";
    // What it is, full or light, shows in its handshake only.
    const isFull = used("in") + used("light") >= limits.maxIn + limits.maxLight;
    return isFull ? "peer/no-slot" : undefined;
  };

  return {
    refusalOf,
    connected(peer, direction, nowMs) {
      dialing.delete(peer);
      if (slots.has(peer)) return [];
      const code = direction === "in" ? refusalOf(peer, nowMs) : outRefusal(peer, nowMs);
      if (code !== undefined) return [{ type: "disconnect", peer, code }];
      slots.set(peer, reserved.has(peer) ? "reserved" : direction);
      book.add(peer, []);
      return [];
    },
    disconnected(peer, nowMs) {
      slots.delete(peer);
      const known = book.get(peer);
      if (known) backOff(known, nowMs);
    },
    dialFailed(peer, nowMs) {
      if (!dialing.delete(peer)) return;
      const known = book.get(peer);
      if (known) backOff(known, nowMs);
    },
    handshaken(peer, { isLight }) {
      const slot = slots.get(peer);
      if (slot === undefined) return [];
      const known = book.get(peer);
      if (known) known.failures = 0;
      if (slot !== "in") return [];
      if (isLight) {
        if (used("light") >= limits.maxLight)
          return [{ type: "disconnect", peer, code: "peer/no-slot" }];
        slots.set(peer, "light");
        return [];
      }
      // It took the last place of those that are not known yet.
      return used("in") > limits.maxIn ? [{ type: "disconnect", peer, code: "peer/no-slot" }] : [];
    },
    discovered(peer, addresses) {
      if (peer !== self && addresses.length > 0) book.add(peer, addresses);
    },
    report(peer, code, nowMs) {
      const known = book.add(peer, []);
      if (known === undefined) return slots.has(peer) ? [{ type: "disconnect", peer, code }] : [];
      const verdict = punish(known, code, nowMs);
      return verdict.isBanned ? [{ type: "disconnect", peer, code }] : [];
    },
    tick(nowMs) {
      const free = (): number => limits.maxDials - dialing.size;
      const outputs: PeerOutput[] = [];
      let room = limits.maxOut - used("out") - countDialing();
      for (const peer of candidates(nowMs)) {
        if (free() <= 0) break;
        if (!reserved.has(peer.id)) {
          if (room <= 0 || reservedOnly) continue;
          room--;
        }
        dialing.add(peer.id);
        outputs.push({ type: "dial", peer: peer.id, addresses: peer.addresses });
      }
      return outputs;
    },
    slotOf: (peer) => slots.get(peer),
    addressesOf: (peer) => book.get(peer)?.addresses ?? [],
    get counts() {
      return {
        known: book.size,
        dialing: dialing.size,
        slots: {
          in: used("in"),
          out: used("out"),
          light: used("light"),
          reserved: used("reserved"),
        },
      };
    },
  };

  function outRefusal(peer: string, nowMs: number): RefusalCode | undefined {
    if (peer === self) return "peer/self";
    if (isBanned(book.get(peer), nowMs)) return "peer/banned";
    if (reserved.has(peer)) return undefined;
    if (reservedOnly) return "peer/not-reserved";
    return used("out") >= limits.maxOut ? "peer/no-slot" : undefined;
  }

  function countDialing(): number {
    let count = 0;
    for (const id of dialing) if (!reserved.has(id)) count++;
    return count;
  }

  /** Reserved ones first, then those that failed least. */
  function candidates(nowMs: number) {
    return [...book.all()]
      .filter(
        ({ id, addresses, bannedUntil, retryAt }) =>
          addresses.length > 0 &&
          bannedUntil <= nowMs &&
          retryAt <= nowMs &&
          !slots.has(id) &&
          !dialing.has(id),
      )
      .sort(
        (a, b) =>
          Number(reserved.has(b.id)) - Number(reserved.has(a.id)) || a.failures - b.failures,
      );
  }
}
