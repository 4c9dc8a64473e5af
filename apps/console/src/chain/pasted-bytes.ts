/** Bytes that somebody pastes: hex, or base64 of either alphabet, broken into lines or not. */
import { parseHex } from "@pha/scale";

/** @returns `undefined` of what is neither; text that is both is hex */
export function pastedBytes(text: string): Uint8Array | undefined {
  const dense = text.replace(/\s+/g, "");
  const hex = parseHex(dense.startsWith("0x") ? dense : `0x${dense}`);
  if (hex.ok) return hex.value;
  const base64 = dense
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]+$/.test(base64) || base64.length % 4 === 1) return undefined;
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
