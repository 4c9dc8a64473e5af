/** What session keys sign to show that an account holds them. @see polkadot-sdk "sp-core" proof_of_possession */
import { concatBytes, utf8 } from "@pha/scale";

/** @param owner account, 32 bytes */
export function ownershipStatement(owner: Uint8Array): Uint8Array {
  return concatBytes(utf8("POP_"), owner);
}
