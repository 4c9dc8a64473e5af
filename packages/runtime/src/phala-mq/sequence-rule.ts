/**
 * The pool's view of a pRuntime's message: a future one waits for the one before it, one of an unknown boot waits for
 * the registration of that boot.
 *
 * **Trust**: the signature is checked here already; otherwise anybody could take a genuine message's place in the pool.
 */
import {
  type Call,
  type HasEnv,
  type InvalidTransaction,
  invalid,
  type ValidityPart,
} from "@pha/frame";
import { MessageOrigin, type SignedMessage, verifySignedMessage } from "@pha/protocol";
import { encode, equalBytes, fail, fixedBytes, ok, type Result, str, tuple, u64 } from "@pha/scale";
import { declaration } from "./declaration.ts";

/** Messages of one boot that may wait behind the next one. */
export const MAX_AHEAD = 256n;
/** Blocks that a message waits in the pool. */
const LONGEVITY = 64n;

const SequenceTag = tuple(str, MessageOrigin, fixedBytes(32), u64);
const BootTag = tuple(str, fixedBytes(32));

/** Provided by the registration of a boot, required by the messages of a boot that is not registered yet. */
export function bootTag(boot: Uint8Array): Uint8Array {
  return encode(BootTag, ["PhalaRegistryBoot", boot]);
}

export function sequenceTag(signed: SignedMessage, sequence: bigint): Uint8Array {
  const { message, boot } = signed;
  return encode(SequenceTag, ["PhalaMqOffchainMessages", message.sender, boot, sequence]);
}

/** `undefined` for calls that carry no message. */
export function mqSequenceRule(
  ctx: HasEnv,
  call: Call,
): Result<ValidityPart, InvalidTransaction> | undefined {
  if (call.pallet !== declaration.name || call.name !== "sync_offchain_message") return undefined;
  // The call was decoded by its own codec.
  const { signedMessage } = call.args as { readonly signedMessage: SignedMessage };
  return validity(ctx, signedMessage);
}

function validity(ctx: HasEnv, signed: SignedMessage): Result<ValidityPart, InvalidTransaction> {
  const { message, boot, sequence } = signed;
  const { sender } = message;
  if (sender.type !== "Worker") return fail(invalid("Call"));
  const { storage, config } = ctx.env.of(declaration);
  const latest = config.boots.bootOf(ctx, sender.value);
  const isRegistered = latest !== undefined && equalBytes(latest, boot);
  const expected = isRegistered ? storage.OffchainIngress.get(sender) : 0n;
  if (sequence < expected) return fail(invalid("Stale"));
  if (sequence > expected + MAX_AHEAD) return fail(invalid("Future"));
  if (!verifySignedMessage(signed)) return fail(invalid("BadProof"));
  const requires = isRegistered ? [] : [bootTag(boot)];
  if (sequence > expected) requires.push(sequenceTag(signed, sequence - 1n));
  return ok({ provides: [sequenceTag(signed, sequence)], requires, longevity: LONGEVITY });
}
