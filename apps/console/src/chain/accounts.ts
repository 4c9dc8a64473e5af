import type { CertificateSigner, Signer } from "@pha/sdk";

/** Who acts: a name for people, an address, and what signs. */
export interface Account {
  /** Unique among the accounts of the page, and in its address: a name of a test account, or the address. */
  readonly id: string;
  /** Of a wallet's account it is a stranger's word. */
  readonly name: string;
  readonly address: string;
  readonly publicKey: Uint8Array;
  /** Signs certificates. */
  readonly certifier: Signer | CertificateSigner;
  /** Signs extrinsics; absent of accounts that only read. */
  readonly signer: Signer | undefined;
  /** Whose person is asked; absent of test accounts, whose keys are in this page. */
  readonly wallet: AccountWallet | undefined;
}

export interface AccountWallet {
  readonly id: string;
  readonly name: string;
  /** Ethereum address that the account is made of. */
  readonly evmAddress: string | undefined;
}
