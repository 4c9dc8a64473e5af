/** Who pays for an extrinsic, read from its first bytes without the runtime. */
import { Reader } from "@pha/scale";
import { keyText } from "../database/key-text.ts";

const SIGNED_V4 = 0x84;

/** Signer as binary text; `undefined` for bare extrinsics and for addresses that are not plain accounts. */
export function senderOf(extrinsic: Uint8Array): string | undefined {
  // The longest prefix that is looked at: compact length, version, address kind, account.
  if (extrinsic.length < 38) return undefined;
  const mode = (extrinsic[0] ?? 0) & 3;
  const reader = new Reader(extrinsic);
  reader.raw(mode === 0 ? 1 : mode === 1 ? 2 : 4);
  if (reader.u8() !== SIGNED_V4) return undefined;
  return reader.u8() === 0 ? keyText(reader.raw(32)) : undefined;
}
