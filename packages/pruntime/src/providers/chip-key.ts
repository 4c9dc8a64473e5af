/** Certificate of a chip's key that the machine itself does not give: asked of whoever can reach AMD's service. */
import { type ChipKeyName, chipKeysOf } from "@pha/attestation";

/** `undefined`: it has none. What comes is not trusted: verifiers look at AMD's signature in it. */
export type AskChipKey = (name: ChipKeyName) => Promise<Uint8Array | undefined>;

export interface VekSource {
  /** DER of the chip's key, given at start: for hosts that hand none to their guests. */
  readonly vek?: Uint8Array | undefined;
  /** Has the certificate of a chip's key fetched. */
  readonly askChipKey?: AskChipKey | undefined;
}

export async function askedVek(
  report: Uint8Array,
  { askChipKey }: VekSource,
): Promise<Uint8Array | undefined> {
  if (askChipKey === undefined) return undefined;
  for (const name of chipKeysOf(report)) {
    const found = await askChipKey(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
