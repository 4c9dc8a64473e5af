import { twox128 } from "@pha/crypto";
import { concatBytes, utf8 } from "@pha/scale";

/** First 32 bytes of the keys of a pallet's storage item: twox128(pallet) ‖ twox128(item). */
export function storagePrefix(pallet: string, item: string): Uint8Array {
  return concatBytes(twox128(utf8(pallet)), twox128(utf8(item)));
}
