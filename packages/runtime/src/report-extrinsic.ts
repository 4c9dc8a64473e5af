/** The unsigned extrinsics by which nodes report equivocations; indexes of pallets and calls are never reused. */
import { compact, concatBytes, encode, u32 } from "@pha/scale";

/** Version 4, nobody signs. */
const UNSIGNED = 4;
/** `report_equivocation_unsigned` of both pallets. */
const CALL = 1;
const PALLETS = { babe: 55, grandpa: 56 } as const;

/**
 * @param proof encoded, as the pallet of the engine takes it
 * @param owner encoded proof of whose key it was, as the runtime API of the engine answers it
 */
export function equivocationReport(
  engine: keyof typeof PALLETS,
  proof: Uint8Array,
  owner: Uint8Array,
): Uint8Array {
  const body = concatBytes(Uint8Array.of(UNSIGNED, PALLETS[engine], CALL), proof, owner);
  return concatBytes(encode(compact(u32), body.length), body);
}
