/**
 * Bytes of a stream until someone takes them, in copies of the length wanted.
 *
 * **Bounds**: the taker's: it holds no more than one message that is not whole, and one chunk.
 */
export interface ByteQueue {
  push(chunk: Uint8Array): void;
  /** The next four bytes, little-endian; absent while they are not all there. */
  takeU32(): number | undefined;
  /** A copy of the next bytes; absent while they are not all there. */
  take(length: number): Uint8Array | undefined;
}

/** Chunks that are kept apart before they are joined: a stream may come byte by byte. */
const MAX_CHUNKS = 1024;

export function createByteQueue(): ByteQueue {
  let chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that were taken. */
  let at = 0;
  let held = 0;

  function take(length: number): Uint8Array | undefined {
    if (held < length) return undefined;
    const out = new Uint8Array(length);
    let filled = 0;
    let done = 0;
    for (const chunk of chunks) {
      if (filled === length) break;
      const end = Math.min(chunk.length, at + length - filled);
      out.set(chunk.subarray(at, end), filled);
      filled += end - at;
      at = end;
      if (at === chunk.length) {
        done += 1;
        at = 0;
      }
    }
    if (done > 0) chunks = chunks.slice(done);
    held -= length;
    return out;
  }

  return {
    push(chunk) {
      if (chunk.length === 0) return;
      if (chunks.length >= MAX_CHUNKS) {
        chunks = [joined(chunks, at, held)];
        at = 0;
      }
      chunks.push(chunk);
      held += chunk.length;
    },
    takeU32() {
      const first = chunks[0];
      if (first === undefined || first.length - at <= 4) {
        const bytes = take(4);
        return bytes && readU32(bytes, 0);
      }
      const value = readU32(first, at);
      at += 4;
      held -= 4;
      return value;
    },
    take,
  };
}

export function readU32(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = (value >>> (8 * i)) & 0xff;
}

function joined(chunks: readonly Uint8Array[], from: number, length: number): Uint8Array {
  const all = new Uint8Array(length);
  let filled = 0;
  chunks.forEach((chunk, i) => {
    const part = i === 0 ? chunk.subarray(from) : chunk;
    all.set(part, filled);
    filled += part.length;
  });
  return all;
}
