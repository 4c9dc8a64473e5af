import type { Signer } from "@pha/sdk";

/** Who acts: a name for people, an address, and what signs. */
export interface Account {
  readonly name: string;
  readonly address: string;
  readonly publicKey: Uint8Array;
  readonly signer: Signer;
}
