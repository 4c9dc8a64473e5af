/** Number that bytes stand for, most significant first. */
export function bigEndian(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let value = 0n;
  for (; (bytes.length - at) % 8 !== 0; at++) value = (value << 8n) | BigInt(view.getUint8(at));
  for (; at < bytes.length; at += 8) value = (value << 64n) | view.getBigUint64(at);
  return value;
}
