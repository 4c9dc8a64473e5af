/**
 * Bytes as a string of one code unit per byte: equality and order of the strings are those of the bytes.
 *
 * Sixteen at a time: a third faster on storage keys than an argument list of all bytes.
 */
export function binaryString(bytes: Uint8Array): string {
  const length = bytes.length;
  let text = "";
  let i = 0;
  for (; i + 16 <= length; i += 16)
    text += String.fromCharCode(
      bytes[i] ?? 0,
      bytes[i + 1] ?? 0,
      bytes[i + 2] ?? 0,
      bytes[i + 3] ?? 0,
      bytes[i + 4] ?? 0,
      bytes[i + 5] ?? 0,
      bytes[i + 6] ?? 0,
      bytes[i + 7] ?? 0,
      bytes[i + 8] ?? 0,
      bytes[i + 9] ?? 0,
      bytes[i + 10] ?? 0,
      bytes[i + 11] ?? 0,
      bytes[i + 12] ?? 0,
      bytes[i + 13] ?? 0,
      bytes[i + 14] ?? 0,
      bytes[i + 15] ?? 0,
    );
  for (; i < length; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}
