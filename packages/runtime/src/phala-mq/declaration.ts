/** Declaration of PhalaMq: names are the original's where a client can see them. */
import {
  type ContextOf,
  configOf,
  constant,
  DispatchError,
  definePallet,
  error,
  event,
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import { Message, MessageOrigin } from "@pha/protocol";
import { bytes, struct, u32, u64, vec } from "@pha/scale";
import type { BootDirectory, MessageHandler } from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface PhalaMqConfig {
  readonly boots: BootDirectory;
  /** One per topic that pRuntimes may use. */
  readonly handlers: readonly MessageHandler[];
}

/** Outbound messages of one block in bytes; a pipe frame and a read proof hold them. */
export const MAX_BLOCK_BYTES = 4 << 20;
/** Part of it that users' messages leave to pallets and pRuntimes. */
export const RESERVED_BYTES = 512 << 10;
/** Outbound messages of one block. */
export const MAX_BLOCK_MESSAGES = 1 << 16;

/** Messages gathered in this block and not yet written: chunks of `CHUNK_BYTES`. */
const Gathered = struct(
  { messages: u32, bytes: u32, chunks: u32 },
  { path: ["pha_runtime", "phala_mq", "Gathered"] },
);
export const NOTHING_GATHERED = { messages: 0, bytes: 0, chunks: 0 };

export const declaration = definePallet("PhalaMq", {
  docs: "Messages between pallets, users and pRuntimes, in the order of the chain.",
  config: configOf<PhalaMqConfig>(),
  constants: {
    MaxBlockBytes: constant(
      u32,
      (_: PhalaMqConfig) => MAX_BLOCK_BYTES,
      "Most bytes of outbound messages in one block.",
    ),
  },
  storage: {
    OutboundMessages: value(vec(Message, 1 << 17), {
      default: [],
      docs: "Messages of this block for pRuntimes; removed when the next block begins.",
    }),
    OffchainIngress: map(twox64Concat, MessageOrigin, u64, {
      default: 0n,
      docs: "Next sequence of each off-chain sender; begins again with every boot.",
    }),
    Gathered: value(Gathered, {
      default: NOTHING_GATHERED,
      docs: "Extent of the messages gathered in this block; empty between blocks.",
    }),
    GatheredChunks: map(twox64Concat, u32, bytes, {
      docs: "Encoded messages gathered in this block; empty between blocks.",
    }),
  },
  events: {
    MessageAccepted: event(
      0,
      { sender: MessageOrigin, sequence: u64 },
      "A pRuntime's message took effect.",
    ),
    MessageRejected: event(
      1,
      { sender: MessageOrigin, sequence: u64, error: DispatchError },
      "A pRuntime's message was in order but its pallet refused it; its sequence is used up.",
    ),
  },
  errors: {
    BadSender: error(0, "Only workers send messages from outside the chain."),
    NotLatestBoot: error(1, "The boot that signed is not the latest registered one."),
    Suspended: error(2, "The worker is suspended."),
    BadSequence: error(3, "The message is not the next one of its sender."),
    InvalidSignature: error(4, "The boot did not sign this message."),
    BadDestination: error(5, "The topic is malformed, or reserved for the chain itself."),
    UnknownTopic: error(6, "No pallet takes messages of this topic."),
    QueueFull: error(7, "The block's outbound messages have reached their limit."),
  },
});

export type PhalaMqContext = ContextOf<typeof declaration>;
