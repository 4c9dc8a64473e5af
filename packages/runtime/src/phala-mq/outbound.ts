/**
 * Outbound messages of the block being made.
 *
 * They are gathered in chunks and written once, at the end: appending to one growing value would cost the square of
 * their number. Nothing is kept outside of state, so a call that fails takes its messages back.
 *
 * **Bounds**: `MAX_BLOCK_BYTES`, `MAX_BLOCK_MESSAGES`; users leave `RESERVED_BYTES` to the chain.
 */
import { ensure } from "@pha/frame";
import { Message, type MessageOrigin } from "@pha/protocol";
import { assert, compact, concatBytes, encode, u32 } from "@pha/scale";
import {
  MAX_BLOCK_BYTES,
  MAX_BLOCK_MESSAGES,
  type PhalaMqContext,
  RESERVED_BYTES,
} from "./declaration.ts";

/** Small: every message copies the chunk it joins. */
const CHUNK_BYTES = 4 << 10;
const EMPTY = new Uint8Array();

export function gather(ctx: PhalaMqContext, message: Message): void {
  const encoded = encode(Message, message);
  const { messages, bytes, chunks } = ctx.storage.Gathered.get();
  const limit = isUser(message.sender) ? MAX_BLOCK_BYTES - RESERVED_BYTES : MAX_BLOCK_BYTES;
  ensure(bytes + encoded.length <= limit && messages < MAX_BLOCK_MESSAGES, ctx.errors.QueueFull);
  const last = chunks > 0 ? ctx.storage.GatheredChunks.get(chunks - 1) : undefined;
  const isRoom = last !== undefined && last.length + encoded.length <= CHUNK_BYTES;
  ctx.storage.GatheredChunks.put(
    isRoom ? chunks - 1 : chunks,
    isRoom ? concatBytes(last, encoded) : encoded,
  );
  ctx.storage.Gathered.put({
    messages: messages + 1,
    bytes: bytes + encoded.length,
    chunks: isRoom ? chunks : chunks + 1,
  });
}

/** Writes what was gathered as one `Vec<Message>`. */
export function flush(ctx: PhalaMqContext): void {
  const { messages, chunks } = ctx.storage.Gathered.get();
  if (messages === 0) return;
  const parts = [encode(compact(u32), messages)];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const part = ctx.storage.GatheredChunks.get(chunk);
    assert(part, "every chunk up to the last is there");
    parts.push(part);
    ctx.storage.GatheredChunks.remove(chunk);
  }
  ctx.storage.Gathered.kill();
  ctx.env.state.put(ctx.storage.OutboundMessages.key, concatBytes(EMPTY, ...parts));
}

function isUser(sender: MessageOrigin): boolean {
  return sender.type === "AccountId";
}
