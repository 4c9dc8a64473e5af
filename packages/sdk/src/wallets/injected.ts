/**
 * Wallets of Substrate, as they put themselves into pages: `window.injectedWeb3`.
 *
 * **Trust**: none. What they list is bounded and checked, what they sign is verified here before anybody else sees it.
 *
 * @see polkadot-js-extension
 */
import { ed25519Verify, sr25519Verify, ss58Decode, ss58Encode } from "@pha/crypto";
import { certificatePayloads, type UnsignedCertificate } from "@pha/protocol";
import { concatBytes, parseHex, toHex, utf8 } from "@pha/scale";
import { type CertificateSigner, type Signer, SS58_PREFIX } from "../chain/accounts.ts";
import {
  accountGone,
  askWallet,
  createWaits,
  fieldsOf,
  malformed,
  otherSignature,
  PERSON_MS,
} from "./ask-wallet.ts";
import { payloadJson } from "./payload-json.ts";
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

/** Wallets that are in the page now. */
export function injectedWallets(page: object = globalThis): readonly FoundWallet[] {
  const injected = fieldsOf(fieldsOf(page)["injectedWeb3"]);
  return Object.keys(injected)
    .slice(0, MAX_WALLETS)
    .map((id) => {
      const { version } = fieldsOf(injected[id]);
      const name = shownName(id, "wallet");
      return {
        id: `substrate:${id.slice(0, 80)}`,
        kind: "substrate" as const,
        name,
        version: typeof version === "string" ? shownName(version, "") : undefined,
        connect: (options: ConnectOptions) => connect(name, fieldsOf(injected[id]), options),
      };
    });
}

async function connect(
  wallet: string,
  entry: Readonly<Record<string, unknown>>,
  options: ConnectOptions,
): Promise<ConnectedWallet> {
  const { origin, genesisHash, timeoutMs = PERSON_MS, signal } = options;
  const waits = createWaits(wallet, timeoutMs, signal);
  const enable = entry["enable"] ?? entry["connect"];
  if (typeof enable !== "function") throw malformed(wallet, "no way to connect to it");
  const opened = fieldsOf(await askWallet(waits.asking(), async () => enable.call(entry, origin)));
  const source = fieldsOf(opened["accounts"]);
  const { get, subscribe } = source;
  if (typeof get !== "function") throw malformed(wallet, "no list of accounts");
  const signer = fieldsOf(opened["signer"]);
  const shown = createShownAccounts();

  function listOf(given: unknown): readonly WalletAccount[] {
    if (!Array.isArray(given)) throw malformed(wallet, "what is no list of accounts");
    const known = new Set<string>();
    return given.slice(0, MAX_ACCOUNTS).flatMap((one: unknown) => {
      const { address, name, type, genesisHash: only } = fieldsOf(one);
      const decoded = typeof address === "string" ? ss58Decode(address.slice(0, 64)) : undefined;
      // Of other schemes and other networks none can certify or pay here.
      if (!decoded?.ok || decoded.value.publicKey.length !== 32) return [];
      if (type !== undefined && type !== null && type !== "sr25519" && type !== "ed25519")
        return [];
      if (typeof only === "string" && only !== "" && only !== toHex(genesisHash)) return [];
      const { publicKey } = decoded.value;
      const own = ss58Encode(SS58_PREFIX, publicKey);
      if (known.has(own)) return [];
      known.add(own);
      const scheme = type === "ed25519" ? ("ed25519" as const) : ("sr25519" as const);
      const account = { name: shownName(name, own), address: own, publicKey, scheme };
      return [accountOf(account, String(address))];
    });
  }

  /** @param given the address as the wallet wrote it */
  function accountOf(
    {
      name,
      address,
      publicKey,
      scheme,
    }: { name: string; address: string } & Pick<Signer, "publicKey" | "scheme">,
    given: string,
  ): WalletAccount {
    const verify = scheme === "ed25519" ? ed25519Verify : sr25519Verify;

    /** The wallet's signature, when one of `payloads` is what it is of. */
    async function signedBy(
      method: "signRaw" | "signPayload",
      request: object,
      payloads: readonly Uint8Array[],
    ): Promise<Uint8Array> {
      if (!shown.has(address)) throw accountGone(wallet, address);
      const sign = signer[method];
      if (typeof sign !== "function") throw malformed(wallet, `no ${method}`);
      const answer = await askWallet(waits.asking(), async () => sign.call(signer, request));
      const signature = signatureOf(wallet, fieldsOf(answer)["signature"], scheme);
      if (payloads.some((payload) => verify(publicKey, payload, signature))) return signature;
      throw otherSignature(wallet);
    }

    const signRaw = (data: Uint8Array, payloads: readonly Uint8Array[]) =>
      signedBy("signRaw", { address: given, data: toHex(data), type: "bytes" }, payloads);
    const own: Signer & CertificateSigner = {
      publicKey,
      address,
      scheme,
      sign: (payload) => signRaw(payload, [payload, wrapped(payload)]),
      signExtrinsic: (payload) =>
        signedBy("signPayload", payloadJson(payload, given), [payload.bytes]),
      async signCertificate(certificate: UnsignedCertificate) {
        const { raw, wrapped: between } = certificatePayloads(certificate);
        const value = await signRaw(raw, [raw, between]);
        return { type: scheme === "ed25519" ? "Ed25519" : "Sr25519", value };
      },
    };
    return { name, address, publicKey, evmAddress: undefined, certifier: own, signer: own };
  }

  shown.show(listOf(await askWallet(waits.asking(), async () => get.call(source))));
  let stop: unknown;
  if (typeof subscribe === "function") {
    // Wallets differ in whether they tell at once, and in what the call returns.
    stop = await askWallet(waits.asking(), async () =>
      subscribe.call(source, (given: unknown) => {
        // A list that cannot be read is no list: the wallet shows nothing that could be used.
        shown.show(Array.isArray(given) ? listOf(given) : []);
      }),
    );
  }
  return {
    accounts: shown.accounts,
    onAccounts: shown.onAccounts,
    cancel: waits.cancel,
    close() {
      shown.silence();
      if (typeof stop === "function") stop();
    },
  };
}

const wrapped = (payload: Uint8Array): Uint8Array =>
  concatBytes(utf8("<Bytes>"), payload, utf8("</Bytes>"));

const KINDS = { ed25519: 0, sr25519: 1 } as const;

/** 64 bytes; with the byte of their scheme before them, or without, as wallets differ in that. */
function signatureOf(
  wallet: string,
  signature: unknown,
  scheme: "ed25519" | "sr25519",
): Uint8Array {
  const bytes = typeof signature === "string" ? parseHex(signature, 80) : undefined;
  if (bytes?.ok) {
    const { value } = bytes;
    if (value.length === 64) return value;
    if (value.length === 65 && value[0] === KINDS[scheme]) return value.slice(1);
  }
  throw malformed(wallet, "what is no signature");
}
