/** Bytes as a string of one code unit per byte: equality and order of the strings are those of the bytes. */
export function binaryString(bytes: Uint8Array): string {
  const length = bytes.length;
  if (length <= 256) return String.fromCharCode.apply(null, listOf(bytes));
  let text = "";
  for (let at = 0; at < length; at += 256)
    text += String.fromCharCode.apply(null, listOf(bytes.subarray(at, at + 256)));
  return text;
}

/** `fromCharCode.apply` is typed for arrays; it takes any array-like. */
function listOf(bytes: Uint8Array): number[] {
  const list = new Array<number>(bytes.length);
  for (let i = 0; i < list.length; i++) list[i] = bytes[i] ?? 0;
  return list;
}
