/**
 * Message queue of the chain (`PhalaMq`): what pallets and users send to pRuntimes, and what pRuntimes send to pallets.
 *
 * Layouts of `MessageOrigin` and `Message` are the original Phala's. A pRuntime's message is signed by its *boot* key, so
 * an older boot's messages are void.
 */
import { ed25519Verify } from "@pha/crypto";
import {
  boundedBytes,
  bytes,
  type CodecType,
  concatBytes,
  encode,
  struct,
  u64,
  unit,
  utf8,
  utf8ToText,
  variant,
  variants,
} from "@pha/scale";
import { Ed25519Key, Hash, Signature } from "./ids.ts";

export const MessageOrigin = variants(
  {
    Pallet: variant(0, boundedBytes(64)),
    Contract: variant(1, Hash),
    Worker: variant(2, Hash),
    AccountId: variant(3, Hash),
    MultiLocation: variant(4, boundedBytes(1024)),
    Gatekeeper: variant(5, unit),
    Cluster: variant(6, Hash),
    Reserved: variant(255, unit),
  },
  { path: ["phala_types", "messaging", "MessageOrigin"] },
);
export type MessageOrigin = CodecType<typeof MessageOrigin>;

/** Longest topic in bytes. */
export const MAX_TOPIC_BYTES = 128;
export const Topic = boundedBytes(MAX_TOPIC_BYTES);

export const Message = struct(
  { sender: MessageOrigin, destination: Topic, payload: bytes },
  { path: ["phala_types", "messaging", "Message"] },
);
export type Message = CodecType<typeof Message>;

/** A pRuntime's message to the chain. `sequence` counts from 0 in each boot. */
export const SignedMessage = struct(
  { message: Message, boot: Ed25519Key, sequence: u64, signature: Signature },
  { path: ["pha_protocol", "message", "SignedMessage"] },
);
export type SignedMessage = CodecType<typeof SignedMessage>;

/** SCALE(message) ‖ boot ‖ sequence, signed by the boot key. */
export function signedMessageBytes(
  message: Message,
  boot: Uint8Array,
  sequence: bigint,
): Uint8Array {
  return concatBytes(encode(Message, message), boot, encode(u64, sequence));
}

export function verifySignedMessage(signed: SignedMessage): boolean {
  const payload = signedMessageBytes(signed.message, signed.boot, signed.sequence);
  return ed25519Verify(signed.boot, payload, signed.signature);
}

/**
 * Topics in use. A leading `^` means "for pallets only": such a message never enters `OutboundMessages`.
 */
export const TOPIC = {
  dkg: utf8("pha/gatekeeper/dkg"),
  generation: utf8("pha/gatekeeper/generation"),
  admission: utf8("pha/admission/event"),
  keyRequest: utf8("pha/key/request"),
  keyRelease: utf8("pha/key/release"),
  cluster: utf8("pha/cluster/event"),
  command: utf8("pha/contract/command"),
  clusterKeys: utf8("^pha/cluster/keys"),
  audit: utf8("^pha/cluster/audit"),
  commit: utf8("^pha/contract/commit"),
  snapshot: utf8("^pha/cluster/snapshot"),
  storageReceipt: utf8("^pha/blob/receipt"),
  heartbeat: utf8("^pha/worker/heartbeat"),
} as const;

export function isPalletsOnly(topic: Uint8Array): boolean {
  return topic[0] === 0x5e;
}

const FORBIDDEN_FIRST = utf8("~!@#$%&*_+-=|<>?,./;:'");

/** Non-empty, bounded, UTF-8, and not starting with a reserved character. */
export function isValidTopic(topic: Uint8Array): boolean {
  const first = topic[0];
  if (first === undefined || topic.length > MAX_TOPIC_BYTES) return false;
  return !FORBIDDEN_FIRST.includes(first) && utf8ToText(topic) !== undefined;
}
