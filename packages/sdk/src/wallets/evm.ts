/**
 * Wallets of Ethereum: found as EIP-6963 says, asked as EIP-1193 says. Their accounts only read: they sign certificates.
 *
 * **Trust**: none. Names and icons are the wallet's own word (icons are not shown); what it signs is verified here.
 */
import { ethereumSigner, keccak256, ss58Encode } from "@pha/crypto";
import {
  certificateTypedData,
  evmAccount,
  typedDataHash,
  type UnsignedCertificate,
} from "@pha/protocol";
import { equalBytes, parseHex, toHex, utf8 } from "@pha/scale";
import { type CertificateSigner, SS58_PREFIX } from "../chain/accounts.ts";
import {
  accountGone,
  askWallet,
  createWaits,
  fieldsOf,
  malformed,
  otherSignature,
  PERSON_MS,
} from "./ask-wallet.ts";
import { createShownAccounts } from "./shown-accounts.ts";
import { shownName } from "./shown-name.ts";
import {
  type ConnectedWallet,
  type ConnectOptions,
  type FoundWallet,
  MAX_ACCOUNTS,
  MAX_WALLETS,
  type WalletAccount,
} from "./wallet.ts";

/** What a page has of events; a window in browsers. */
export interface EventPage {
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
  dispatchEvent(event: Event): boolean;
}

/**
 * Asks wallets to announce themselves, and tells of each that does.
 *
 * @returns ends listening
 */
export function discoverEvmWallets(
  onFound: (wallet: FoundWallet) => void,
  page: EventPage = globalThis,
): () => void {
  const known = new Set<string>();
  const onAnnounce = (event: Event): void => {
    const { info, provider } = fieldsOf(fieldsOf(event)["detail"]);
    const { rdns, name: given, uuid } = fieldsOf(info);
    const { request } = fieldsOf(provider);
    if (typeof uuid !== "string" || typeof request !== "function") return;
    // The same wallet announces itself anew at each request.
    if (known.has(uuid) || known.size >= MAX_WALLETS || uuid.length > 64) return;
    known.add(uuid);
    const name = shownName(given, "wallet");
    onFound({
      id: `evm:${shownName(rdns, name)}`,
      kind: "evm",
      name,
      version: undefined,
      connect: (options) => connect(name, fieldsOf(provider), options),
    });
  };
  page.addEventListener("eip6963:announceProvider", onAnnounce);
  page.dispatchEvent(new Event("eip6963:requestProvider"));
  return () => page.removeEventListener("eip6963:announceProvider", onAnnounce);
}

async function connect(
  wallet: string,
  provider: Readonly<Record<string, unknown>>,
  options: ConnectOptions,
): Promise<ConnectedWallet> {
  const { timeoutMs = PERSON_MS, signal } = options;
  const waits = createWaits(wallet, timeoutMs, signal);
  const ask = (method: string, params: readonly unknown[]): Promise<unknown> =>
    askWallet(waits.asking(), async () => {
      const { request } = provider;
      if (typeof request !== "function") throw malformed(wallet, "no way to ask it");
      return request.call(provider, { method, params });
    });
  const shown = createShownAccounts();

  function listOf(given: unknown): readonly WalletAccount[] {
    if (!Array.isArray(given)) throw malformed(wallet, "what is no list of accounts");
    const known = new Set<string>();
    const addresses = given.slice(0, MAX_ACCOUNTS).flatMap((text: unknown) => {
      const bytes = typeof text === "string" ? parseHex(text.slice(0, 42)) : undefined;
      if (!bytes?.ok || bytes.value.length !== 20 || known.has(toHex(bytes.value))) return [];
      known.add(toHex(bytes.value));
      return [bytes.value];
    });
    return addresses.map((evm) => accountOf(evm, addresses.length > 1));
  }

  /** @param isOneOfMany accounts of Ethereum have no names: the wallet's, and of several the beginning of the address */
  function accountOf(evm: Uint8Array, isOneOfMany: boolean): WalletAccount {
    const publicKey = evmAccount(evm);
    const address = ss58Encode(SS58_PREFIX, publicKey);
    const evmAddress = checksummed(evm);
    const certifier: CertificateSigner = {
      publicKey,
      address,
      async signCertificate(certificate: UnsignedCertificate) {
        if (!shown.has(address)) throw accountGone(wallet, evmAddress);
        const typedData = certificateTypedData(certificate, evm);
        const answer = await ask("eth_signTypedData_v4", [toHex(evm), JSON.stringify(typedData)]);
        const value = signatureOf(wallet, answer);
        const signer = ethereumSigner(typedDataHash(typedData), value);
        if (signer === undefined || !equalBytes(signer, evm)) throw otherSignature(wallet);
        return { type: "Eip712", value };
      },
    };
    const name = isOneOfMany ? `${wallet} ${evmAddress.slice(0, 6)}` : wallet;
    return { name, address, publicKey, evmAddress, certifier, signer: undefined };
  }

  shown.show(listOf(await ask("eth_requestAccounts", [])));
  const onChange = (given: unknown): void => shown.show(Array.isArray(given) ? listOf(given) : []);
  const { on, removeListener } = provider;
  if (typeof on === "function") on.call(provider, "accountsChanged", onChange);
  return {
    accounts: shown.accounts,
    onAccounts: shown.onAccounts,
    cancel: waits.cancel,
    close() {
      shown.silence();
      if (typeof removeListener === "function")
        removeListener.call(provider, "accountsChanged", onChange);
    },
  };
}

/** 65 bytes with the id 27 or 28; some wallets write it 0 or 1. */
function signatureOf(wallet: string, signature: unknown): Uint8Array {
  const bytes = typeof signature === "string" ? parseHex(signature.slice(0, 200)) : undefined;
  if (!bytes?.ok || bytes.value.length !== 65) throw malformed(wallet, "what is no signature");
  const { value } = bytes;
  const [last = 0] = value.subarray(64);
  return last > 1 ? value : value.map((byte, at) => (at === 64 ? byte + 27 : byte));
}

/** With capitals where the hash of the digits says so, as EIP-55 has it. */
function checksummed(address: Uint8Array): string {
  const digits = toHex(address).slice(2);
  const hash = toHex(keccak256(utf8(digits))).slice(2);
  const letters = [...digits].map((digit, at) =>
    Number.parseInt(hash[at] ?? "0", 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${letters.join("")}`;
}
