/** Text form of a binary key for `Map`s: one character per byte. */
export function keyText(key: Uint8Array): string {
  // Of any bytes: what it reads of its `this` is the array alone, and a `Buffer` around them is one object more.
  return latin1Slice.call(key, 0, key.length);
}

const { latin1Slice } = Buffer.prototype;
