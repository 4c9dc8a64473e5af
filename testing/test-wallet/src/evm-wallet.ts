/** A wallet of Ethereum without a window: a script answers for the person. */
import { type TypedData, typedDataHash } from "@pha/protocol";
import { toHex } from "@pha/scale";
import { type EvmKey, evmKey } from "./keys.ts";
import { WalletRefusal } from "./script.ts";
import { createTestWallet, type TestWallet } from "./test-wallet.ts";

export interface EvmWalletOptions {
  /** Reverse domain name, as EIP-6963 announces it. */
  readonly id: string;
  readonly name: string;
  readonly keys: readonly EvmKey[];
}

const REJECTED = 4001;
const UNAUTHORIZED = 4100;
const UNSUPPORTED = 4200;

export function createEvmWallet(options: EvmWalletOptions): TestWallet<EvmKey> {
  const stranger = evmKey("a stranger to everybody");
  return createTestWallet({
    ...options,
    kind: "evm",
    listed: ({ address }) => address,
    refusal: () => new WalletRefusal("User rejected the request.", REJECTED),
    async handle({ accounts, keyOf, decide }, method, [address, json]) {
      if (method === "eth_accounts") return accounts();
      if (method === "eth_requestAccounts") {
        await decide({ kind: "connect", shown: "" });
        return accounts();
      }
      if (method !== "eth_signTypedData_v4")
        throw new WalletRefusal(`no such method: ${method}`, UNSUPPORTED);
      const key = keyOf(address);
      if (key === undefined) throw new WalletRefusal("unknown account", UNAUTHORIZED);
      const decided = await decide({ kind: "typed-data", shown: String(json) });
      if (decided === "garbage") return "0x1234";
      // The wallet signs what it shows.
      const typedData = JSON.parse(String(json)) as TypedData;
      const shown =
        decided === "other"
          ? { ...typedData, message: { ...typedData.message, purpose: "something else" } }
          : typedData;
      return toHex((decided === "stranger" ? stranger : key).sign(typedDataHash(shown)));
    },
  });
}
