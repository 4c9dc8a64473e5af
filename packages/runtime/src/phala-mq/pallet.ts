/**
 * PhalaMq: the chain's message queue.
 *
 * ```
 * pRuntime ─ sync_offchain_message ─► boot, order, signature ─► handler of the topic ─► (not ^…) outbound messages
 * user ──── push_message ───────────────────────────────────────────────────────────────► outbound messages
 * pallet ── MessageQueue.push ──────────────────────────────────────────────────────────► outbound messages
 * ```
 * **Bounds**: see `declaration.ts`. **Trust**: a message is believed as its boot's word, no more; handlers judge it.
 */
import { addWeights, ensure, linearWeight, root, signed, type Weight } from "@pha/frame";
import { isValidTopic, SignedMessage, Topic } from "@pha/protocol";
import { assert, boundedBytes, utf8 } from "@pha/scale";
import { declaration } from "./declaration.ts";
import { handlerOf, takeMessage, workerOrigin } from "./ingress.ts";
import { flush, gather } from "./outbound.ts";
import type { MessageQueue } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Longest payload of a user's message in bytes. */
const MAX_PAYLOAD_BYTES = 64 << 10;

export const PhalaMq = declaration.implement(({ call }) => ({
  calls: {
    sync_offchain_message: call(
      0,
      {
        docs: "Carries a pRuntime's message; free when it is the next one of the worker's latest boot.",
        origin: signed,
        args: { signedMessage: SignedMessage },
        weight: ({ signedMessage: { message } }, config) => {
          const own = withBytes(WEIGHTS.sync_offchain_message, message.payload.length);
          const handler = handlerOf(config.handlers, message.destination);
          return handler ? addWeights(own, handler.weight(message.payload.length)) : own;
        },
        // Blocks full of commands must leave room for what answers them.
        dispatchClass: "Operational",
      },
      (ctx, { signedMessage }) => takeMessage(ctx, signedMessage),
    ),
    push_message: call(
      1,
      {
        docs: "Sends a message to pRuntimes in the caller's name; topics of the chain itself are refused.",
        origin: signed,
        args: { destination: Topic, payload: boundedBytes(MAX_PAYLOAD_BYTES) },
        weight: {
          base: WEIGHTS.push_message,
          each: { argument: "payload", weight: WEIGHTS.per_byte },
        },
      },
      (ctx, { destination, payload }) => {
        ensure(isValidTopic(destination) && !isReserved(destination), ctx.errors.BadDestination);
        gather(ctx, { sender: { type: "AccountId", value: ctx.caller }, destination, payload });
      },
    ),
    force_push_pallet_message: call(
      2,
      {
        docs: "Sends a message to pRuntimes in the name of this pallet.",
        origin: root,
        args: { destination: Topic, payload: boundedBytes(MAX_PAYLOAD_BYTES) },
        weight: {
          base: WEIGHTS.force_push_pallet_message,
          each: { argument: "payload", weight: WEIGHTS.per_byte },
        },
        dispatchClass: "Operational",
      },
      (ctx, { destination, payload }) => {
        ensure(isValidTopic(destination), ctx.errors.BadDestination);
        const sender = palletOrigin(declaration.name);
        gather(ctx, { sender, destination, payload });
      },
    ),
  },
  hooks: {
    onInitialize(ctx) {
      ctx.storage.OutboundMessages.kill();
      return WEIGHTS.flush;
    },
    onFinalize: flush,
    tryState(ctx) {
      assert(!ctx.storage.Gathered.exists(), "nothing is gathered between blocks");
      assert(isEmpty(ctx.storage.GatheredChunks.keys()), "no chunk is left between blocks");
    },
  },
}));

export const messageQueue: MessageQueue = {
  push: (ctx, sender, destination, payload) =>
    gather(ctx.env.of(declaration), { sender, destination, payload }),
  restart: (ctx, identity) =>
    ctx.env.of(declaration).storage.OffchainIngress.remove(workerOrigin(identity)),
};

/** Sender of a pallet's messages. */
export function palletOrigin(name: string) {
  return { type: "Pallet", value: utf8(name) } as const;
}

function isEmpty(items: Iterable<unknown>): boolean {
  for (const _ of items) return false;
  return true;
}

const OWN_TOPICS = utf8("pha/");

/** Topics of the chain itself, and those that only pallets hear. */
function isReserved(topic: Uint8Array): boolean {
  return topic[0] === 0x5e || OWN_TOPICS.every((byte, i) => topic[i] === byte);
}

function withBytes(base: Weight, bytes: number): Weight {
  return linearWeight(base, WEIGHTS.per_byte, bytes);
}
