/** Half-bytes of keys: the path of a trie is read four bits at a time, high half first. */

/** Nibble `index` of a byte string; 0 past its end. */
export function nibbleAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index >> 1] ?? 0;
  return (index & 1) === 0 ? byte >> 4 : byte & 15;
}

/** How many nibbles from `depth` on two keys have in common. */
export function commonNibbles(a: Uint8Array, b: Uint8Array, depth: number): number {
  const end = Math.min(a.length, b.length) * 2;
  let at = depth;
  while (at < end && nibbleAt(a, at) === nibbleAt(b, at)) at++;
  return at - depth;
}

/** Path of a walk through a trie, as nibbles; grows as needed. */
export class NibblePath {
  #nibbles = new Uint8Array(256);
  length = 0;

  push(nibble: number): void {
    if (this.length === this.#nibbles.length) {
      const grown = new Uint8Array(this.length * 2);
      grown.set(this.#nibbles);
      this.#nibbles = grown;
    }
    this.#nibbles[this.length++] = nibble;
  }

  /** Pushes nibbles `from` to `to` of a byte string. */
  pushFrom(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at++) this.push(nibbleAt(bytes, at));
  }

  /** The path as bytes, or `undefined` when it has an odd number of nibbles. */
  toBytes(): Uint8Array | undefined {
    if (this.length % 2 !== 0) return undefined;
    const bytes = new Uint8Array(this.length / 2);
    for (let i = 0; i < bytes.length; i++)
      bytes[i] = ((this.#nibbles[2 * i] ?? 0) << 4) | (this.#nibbles[2 * i + 1] ?? 0);
    return bytes;
  }
}
