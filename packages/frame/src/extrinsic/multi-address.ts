/** Address forms of Substrate; only plain accounts lead to an account here. */
import {
  boundedBytes,
  type Codec,
  type EnumOf,
  fixedBytes,
  unit,
  variant,
  variants,
} from "@pha/scale";
import { type AccountId, accountId } from "../primitives.ts";

/** `Compact<()>`: this chain has no account indexes. */
const noIndex: Codec<undefined> = {
  ...unit,
  shape: { kind: "compact", inner: unit.shape },
};

const cases = {
  Id: variant(0, accountId),
  Index: variant(1, noIndex),
  Raw: variant(2, boundedBytes(64)),
  Address32: variant(3, fixedBytes(32)),
  Address20: variant(4, fixedBytes(20)),
};

export type MultiAddress = EnumOf<typeof cases>;
const all: Codec<MultiAddress> = variants(cases, {
  path: ["sp_runtime", "multiaddress", "MultiAddress"],
  params: [
    { name: "AccountId", shape: accountId.shape },
    { name: "AccountIndex", shape: unit.shape },
  ],
});

/** Straight-line for `Id`, which nearly all are. */
export const MultiAddress: Codec<MultiAddress> = {
  ...all,
  read(reader) {
    if (reader.bytes[reader.offset] !== 0) return all.read(reader);
    reader.u8();
    return { type: "Id", value: reader.raw(32) };
  },
};

export function addressOf(account: AccountId): MultiAddress {
  return { type: "Id", value: account };
}

/** Account of an address; `undefined` for forms that lead to none. */
export function accountOf(address: MultiAddress): AccountId | undefined {
  return address.type === "Id" || address.type === "Address32" ? address.value : undefined;
}
