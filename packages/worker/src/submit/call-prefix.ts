/** First two bytes of a call: pallet and call index, looked up by name in the chain's metadata. */
import { PhaError } from "@pha/scale";
import type { RuntimeMetadata } from "@pha/sdk";

export function callPrefix(metadata: RuntimeMetadata, pallet: string, call: string): Uint8Array {
  const found = metadata.pallets.find(({ name }) => name === pallet);
  const shape = found?.calls === undefined ? undefined : metadata.types.of(found.calls).shape;
  const index =
    shape?.kind === "variant" ? shape.variants.find(({ name }) => name === call)?.index : undefined;
  if (found === undefined || index === undefined)
    throw new PhaError("worker/unknown-call", `the chain has no call ${pallet}.${call}`, {
      facts: { pallet, call },
      hint: "Node and worker host must be of the same release.",
    });
  return Uint8Array.of(found.index, index);
}
