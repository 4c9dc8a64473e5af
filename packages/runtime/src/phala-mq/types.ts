/** What other pallets and the queue say to each other. */
import type { HasEnv, Weight } from "@pha/frame";
import type { MessageOrigin } from "@pha/protocol";

/** A pRuntime's message whose boot, order and signature are checked. */
export interface WorkerMessage {
  /** sr25519 identity of the worker, 32 bytes. */
  readonly identity: Uint8Array;
  /** Boot that signed: the latest that is registered, 32 bytes. */
  readonly boot: Uint8Array;
  readonly payload: Uint8Array;
}

/** Takes the messages of one topic. */
export interface MessageHandler {
  readonly topic: Uint8Array;
  /** Measured; beside what the queue itself takes. */
  readonly weight: (payloadBytes: number) => Weight;
  /**
   * Refuses by `ensure`: then nothing is written and nobody sees the message.
   *
   * `forward` puts the message into the block's outbound messages, in front of whatever the handler pushes after it. A
   * message of a topic for pallets only (`^…`) never goes out.
   */
  handle(ctx: HasEnv, message: WorkerMessage, forward: () => void): void;
}

/** Which boots may speak. */
export interface BootDirectory {
  /** Latest boot of a worker, 32 bytes. */
  bootOf(ctx: HasEnv, identity: Uint8Array): Uint8Array | undefined;
  isSuspended(ctx: HasEnv, identity: Uint8Array): boolean;
}

/** The way of pallets to pRuntimes. */
export interface MessageQueue {
  push(ctx: HasEnv, sender: MessageOrigin, topic: Uint8Array, payload: Uint8Array): void;
  /** A new boot of a worker counts its messages from 0. */
  restart(ctx: HasEnv, identity: Uint8Array): void;
}
