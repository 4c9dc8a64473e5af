/**
 * A notification protocol: one substream each way, since each is one-way.
 *
 * ```
 *  opener:   open ── own handshake ──► ◄── answer ── messages ──►
 *  receiver: ── inbound: handshake read, judged, answered, then messages; it opens one of its own to send
 * ```
 *
 * **Bounds**: one substream per direction and peer; frames of `NOTIFICATION_LIMITS`; a send queue per peer; handshakes
 * have a deadline. **Trust**: what comes is hostile; budgets are the owner's, asked in `onMessage`.
 */
import type { Connection, Stream } from "@libp2p/interface";
import {
  createSendQueue,
  type MisbehaviourCode,
  type QueueLimits,
  type SendQueue,
} from "../peers/index.ts";
import { type FrameError, NOTIFICATION_LIMITS, type NotificationKind } from "../wire/index.ts";
import { type FrameStream, openFrameStream } from "./frame-stream.ts";
import { misbehaviourOf } from "./request-protocol.ts";

const HANDSHAKE_DEADLINE_MS = 10_000;
/** A peer that takes nothing for so long is cut off. */
const SLOW_MS = 20_000;

const QUEUES: Readonly<Record<NotificationKind, QueueLimits>> = {
  "block-announces": { maxMessages: 64, maxBytes: 1 << 20, whenFull: "drop-oldest" },
  transactions: { maxMessages: 256, maxBytes: 8 << 20, whenFull: "drop-newest" },
  grandpa: { maxMessages: 2048, maxBytes: 4 << 20, whenFull: "close" },
};

export interface NotificationHandlers {
  readonly kind: NotificationKind;
  readonly protocol: string;
  handshake(): Uint8Array;
  /** The peer's handshake, or its answer to ours; a code refuses it. */
  judge(peer: string, handshake: Uint8Array): MisbehaviourCode | undefined;
  /** The peer takes messages from now on. */
  onOpened(peer: string): void;
  /** The peer may send messages from now on. */
  onOpenedByPeer(peer: string): void;
  onMessage(peer: string, message: Uint8Array): void;
  onClosed(peer: string): void;
  onMisbehaviour(peer: string, code: MisbehaviourCode): void;
  now(): number;
}

export interface NotificationProtocol {
  readonly protocol: string;
  /** For the host: substreams that peers open. */
  accept(stream: Stream, connection: Connection): void;
  /** Opens ours, unless it is there or under way. */
  open(connection: Connection): void;
  isOpen(peer: string): boolean;
  /** `false`: there is no substream, or the message was dropped. */
  send(peer: string, message: Uint8Array): boolean;
  /** Everything of a peer that is gone. */
  forget(peer: string): void;
  /** Cuts off peers that take nothing. */
  tick(): void;
}

interface Outbound {
  frames: FrameStream | undefined;
  isOpen: boolean;
  readonly queue: SendQueue;
  /** Since when the queue waits. */
  waitingSince: number | undefined;
}

export function createNotificationProtocol(handlers: NotificationHandlers): NotificationProtocol {
  const { kind, protocol } = handlers;
  const { maxHandshakeBytes, maxMessageBytes } = NOTIFICATION_LIMITS[kind];
  const inbound = new Map<string, FrameStream>();
  const outbound = new Map<string, Outbound>();

  const misbehaved = (peer: string, frames: FrameStream, code: MisbehaviourCode): void => {
    frames.reset(code);
    handlers.onMisbehaviour(peer, code);
  };
  const closeOutbound = (peer: string, out: Outbound): void => {
    if (outbound.get(peer) !== out) return;
    outbound.delete(peer);
    handlers.onClosed(peer);
  };

  const flush = (peer: string, out: Outbound): void => {
    const { frames, queue } = out;
    if (frames === undefined || !out.isOpen) return;
    let hasSent = false;
    while (!frames.isFull) {
      const message = queue.shift();
      if (message === undefined) break;
      if (!frames.send(message)) {
        closeOutbound(peer, out);
        return;
      }
      hasSent = true;
    }
    if (queue.length === 0) out.waitingSince = undefined;
    else if (hasSent || out.waitingSince === undefined) out.waitingSince = handlers.now();
  };

  const openOn = async (connection: Connection, peer: string, out: Outbound): Promise<void> => {
    const signal = AbortSignal.timeout(HANDSHAKE_DEADLINE_MS);
    const stream = await connection.newStream(protocol, { signal, maxOutboundStreams: 4 });
    if (outbound.get(peer) !== out) {
      stream.abort(new Error("the peer is gone"));
      return;
    }
    const deadline = setTimeout(
      () => misbehaved(peer, frames, "peer/slow-stream"),
      HANDSHAKE_DEADLINE_MS,
    );
    const frames = openFrameStream(stream, {
      maxBytes: () => maxHandshakeBytes,
      onFrame(body) {
        clearTimeout(deadline);
        // After the answer to the handshake nothing may come this way.
        const code = out.isOpen ? "peer/malformed-message" : handlers.judge(peer, body);
        if (code !== undefined) {
          misbehaved(peer, frames, code);
          return;
        }
        out.isOpen = true;
        handlers.onOpened(peer);
        flush(peer, out);
      },
      onBadFrame: (error: FrameError) => handlers.onMisbehaviour(peer, misbehaviourOf(error)),
      onEnd() {
        // The peer may close its writing side once it has answered.
        if (!out.isOpen) closeOutbound(peer, out);
      },
    });
    stream.addEventListener("close", () => {
      clearTimeout(deadline);
      closeOutbound(peer, out);
    });
    out.frames = frames;
    frames.onDrain(() => flush(peer, out));
    frames.send(handlers.handshake());
  };

  return {
    protocol,
    accept(stream, connection) {
      const peer = connection.remotePeer.toString();
      let isHandshaken = false;
      const deadline = setTimeout(
        () => misbehaved(peer, frames, "peer/slow-stream"),
        HANDSHAKE_DEADLINE_MS,
      );
      const frames = openFrameStream(stream, {
        maxBytes: () => (isHandshaken ? maxMessageBytes : maxHandshakeBytes),
        onFrame(body) {
          if (isHandshaken) {
            handlers.onMessage(peer, body);
            return;
          }
          clearTimeout(deadline);
          const code = handlers.judge(peer, body);
          if (code !== undefined) {
            misbehaved(peer, frames, code);
            return;
          }
          isHandshaken = true;
          frames.send(handlers.handshake());
          handlers.onOpenedByPeer(peer);
        },
        onBadFrame: (error) => handlers.onMisbehaviour(peer, misbehaviourOf(error)),
        onEnd: () => frames.finish(),
      });
      stream.addEventListener("close", () => {
        clearTimeout(deadline);
        if (inbound.get(peer) === frames) inbound.delete(peer);
      });
      // A peer that opens another one lost the first.
      inbound.get(peer)?.reset("peer/too-many-streams");
      inbound.set(peer, frames);
    },
    open(connection) {
      const peer = connection.remotePeer.toString();
      if (outbound.has(peer)) return;
      const queue = createSendQueue(QUEUES[kind]);
      const out: Outbound = { frames: undefined, isOpen: false, queue, waitingSince: undefined };
      outbound.set(peer, out);
      // The protocol is not spoken there, or the connection broke.
      openOn(connection, peer, out).catch(() => closeOutbound(peer, out));
    },
    isOpen: (peer) => outbound.get(peer)?.isOpen === true,
    send(peer, message) {
      const out = outbound.get(peer);
      if (out?.frames === undefined || !out.isOpen) return false;
      const queued = out.queue.push(message);
      if (queued === "full") {
        misbehaved(peer, out.frames, "peer/slow-stream");
        return false;
      }
      flush(peer, out);
      return queued === "queued";
    },
    forget(peer) {
      inbound.delete(peer);
      outbound.delete(peer);
    },
    tick() {
      const now = handlers.now();
      for (const [peer, { frames, waitingSince }] of outbound)
        if (frames !== undefined && waitingSince !== undefined && now - waitingSince > SLOW_MS)
          misbehaved(peer, frames, "peer/slow-stream");
    },
  };
}
