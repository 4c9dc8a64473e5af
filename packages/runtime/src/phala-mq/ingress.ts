/** A pRuntime's message on its way in: who signed, in which order, and which pallet takes it. */
import { ensure, type PostDispatch } from "@pha/frame";
import {
  isPalletsOnly,
  isValidTopic,
  type MessageOrigin,
  type SignedMessage,
  verifySignedMessage,
} from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import type { PhalaMqContext } from "./declaration.ts";
import { gather } from "./outbound.ts";
import type { MessageHandler } from "./types.ts";

/** A message that was in order costs its carrier nothing. */
const FREE: PostDispatch = { paysFee: false };

export function handlerOf(
  handlers: readonly MessageHandler[],
  topic: Uint8Array,
): MessageHandler | undefined {
  return handlers.find((handler) => equalBytes(handler.topic, topic));
}

export function takeMessage(ctx: PhalaMqContext, signed: SignedMessage): PostDispatch {
  const { message, boot, sequence } = signed;
  const { sender, destination, payload } = message;
  ensure(sender.type === "Worker", ctx.errors.BadSender);
  const identity = sender.value;
  const { boots } = ctx.config;
  const latest = boots.bootOf(ctx, identity);
  ensure(latest && equalBytes(latest, boot), ctx.errors.NotLatestBoot);
  ensure(!boots.isSuspended(ctx, identity), ctx.errors.Suspended);
  ensure(ctx.storage.OffchainIngress.get(sender) === sequence, ctx.errors.BadSequence);
  ensure(verifySignedMessage(signed), ctx.errors.InvalidSignature);
  ctx.storage.OffchainIngress.put(sender, sequence + 1n);
  const outcome = ctx.env.transaction(() => {
    ensure(isValidTopic(destination), ctx.errors.BadDestination);
    const handler = handlerOf(ctx.config.handlers, destination);
    ensure(handler, ctx.errors.UnknownTopic);
    const forward = isPalletsOnly(destination) ? () => undefined : () => gather(ctx, message);
    handler.handle(ctx, { identity, boot, payload }, forward);
  });
  if (outcome.ok) ctx.emit.MessageAccepted({ sender, sequence });
  else ctx.emit.MessageRejected({ sender, sequence, error: outcome.error });
  return FREE;
}

/** Origin of a worker. */
export function workerOrigin(identity: Uint8Array): MessageOrigin {
  return { type: "Worker", value: identity };
}
