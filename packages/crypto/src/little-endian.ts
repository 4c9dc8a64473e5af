/** Number that bytes stand for, least significant first. */
export function littleEndian(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = bytes.length;
  let value = 0n;
  for (; at % 8 !== 0; at--) value = (value << 8n) | BigInt(view.getUint8(at - 1));
  for (; at > 0; at -= 8) value = (value << 64n) | view.getBigUint64(at - 8, true);
  return value;
}
