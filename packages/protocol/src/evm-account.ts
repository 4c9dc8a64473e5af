/**
 * Accounts of Ethereum addresses, as Phala maps them: the address, then the ASCII letters `@evm_address`. No key of another
 * scheme can be found whose 32 bytes are those.
 */
import { assert, concatBytes, equalBytes, utf8 } from "@pha/scale";

const ADDRESS_BYTES = 20;
const MARK = utf8("@evm_address");

/** @param address 20 bytes */
export function evmAccount(address: Uint8Array): Uint8Array {
  assert(address.length === ADDRESS_BYTES, "an Ethereum address has 20 bytes");
  return concatBytes(address, MARK);
}

/** Address of such an account; `undefined` of every other. */
export function evmAddressOf(account: Uint8Array): Uint8Array | undefined {
  return equalBytes(account.subarray(ADDRESS_BYTES), MARK)
    ? account.slice(0, ADDRESS_BYTES)
    : undefined;
}
