/** What the chain proves of an account. */
import { ss58Encode } from "@pha/crypto";
import { decode, PhaError } from "@pha/scale";
import { type Client, parseAddress, SS58_PREFIX } from "@pha/sdk";

export interface AccountReading {
  readonly publicKey: Uint8Array;
  readonly address: string;
  readonly exists: boolean;
  readonly nonce: number;
  /** In plancks, as the next two. */
  readonly free: bigint;
  readonly reserved: bigint;
  readonly frozen: bigint;
  /** Finalized block under which it was proven. */
  readonly block: number;
}

export function addressText(account: Uint8Array): string {
  return ss58Encode(SS58_PREFIX, account);
}

/** @param text an SS58 address of any prefix, or 32 bytes in hex */
export async function readAccount({ chain }: Client, text: string): Promise<AccountReading> {
  const parsed = parseAddress(text);
  if (!parsed.ok)
    throw new PhaError(parsed.error.code, "this is no address of an account", {
      facts: { text: text.slice(0, 80) },
      hint: "Give an SS58 address, or 32 bytes in hex.",
    });
  const publicKey = parsed.value;
  const { head } = chain.finality;
  const item = chain.metadata.storage("System", "Account");
  const stored = item && (await chain.read({ key: item.key(publicKey), value: item.value }, head));
  const fallback = item?.fallback && decode(item.value, item.fallback);
  // The codec was made from metadata in which `System.Account` has these fields.
  const record = (stored ?? (fallback?.ok ? fallback.value : undefined)) as
    | AccountRecord
    | undefined;
  return {
    publicKey,
    address: addressText(publicKey),
    exists: stored !== undefined,
    nonce: record?.nonce ?? 0,
    free: record?.data.free ?? 0n,
    reserved: record?.data.reserved ?? 0n,
    frozen: record?.data.frozen ?? 0n,
    block: head.number,
  };
}

interface AccountRecord {
  readonly nonce: number;
  readonly data: { readonly free: bigint; readonly reserved: bigint; readonly frozen: bigint };
}
