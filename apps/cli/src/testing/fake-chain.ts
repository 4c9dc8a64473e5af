/** A chain for tests of commands that only read: items by name, whatever their encoding would be. */
import type { Client } from "@pha/sdk";

type Chain = Client["chain"];

export interface FakeChain {
  readonly chain: Chain;
  /** By `Pallet.Item`; maps have one value for all keys. */
  readonly items: Map<string, unknown>;
  /** By codec: what is read without metadata. */
  readonly values: Map<unknown, unknown>;
  readonly head: { number: number };
}

export function fakeChain(items: Readonly<Record<string, unknown>> = {}): FakeChain {
  const byName = new Map(Object.entries(items));
  const byCodec = new Map<unknown, unknown>();
  const head = { number: 100, hash: new Uint8Array(32) };
  const chain = {
    genesisHash: new Uint8Array(32),
    finality: { head },
    // No map has any key.
    rpc: { request: async () => [] },
    metadata: {
      storage: (pallet: string, name: string) => ({
        key: () => new Uint8Array(1),
        value: `${pallet}.${name}`,
      }),
    },
    read: async ({ value }: { readonly value: unknown }) =>
      typeof value === "string" ? byName.get(value) : byCodec.get(value),
  };
  // Only what the commands under test ask of a chain.
  return { chain: chain as unknown as Chain, items: byName, values: byCodec, head };
}
